#include "learning/replay.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "learning/encoding.hpp"
#include "unit/learning/toy_host.hpp"

namespace offload::learning {
namespace {

Encoder encoder_of(int observation, const char* kind) {
  offload_environment raw = ToyEnvironment(Toy::bandit, 0, 0).raw;
  raw.observation = observation;
  return Encoder(Environment(raw), kind, 0);
}

TEST(Replay, ForgetsTheOldest) {
  const Encoder encoder = encoder_of(1, "raw");
  Replay replay(3, encoder, 2, true, 1);
  const std::uint8_t mask[] = {1, 0};
  for (int i = 0; i < 5; ++i) {
    const float x[] = {static_cast<float>(i)};
    const double cost[] = {0.1 * i};
    replay.push({x, x, mask, cost, i, static_cast<float>(i), 0, i == 4});
  }
  ASSERT_EQ(replay.size(), 3u);
  EXPECT_EQ(replay.action(0), 3);
  EXPECT_EQ(replay.action(1), 4);
  EXPECT_EQ(replay.action(2), 2);
  EXPECT_FLOAT_EQ(replay.cost(1, 0), 0.4f);
  EXPECT_TRUE(replay.terminal(1));
  EXPECT_EQ(replay.next_mask(0)[1], 0);
}

TEST(Replay, ValuesOfAnotherTargetOrTransitionAreNotKnown) {
  const Encoder encoder = encoder_of(1, "raw");
  Replay replay(2, encoder, 2, false, 0);
  const float x[] = {1};
  const auto push = [&] { replay.push({x, x, {}, {}, 0, 0, 0, false}); };
  push();
  push();
  EXPECT_EQ(replay.next_value(0, 1), nullptr);
  for (const std::size_t i : {0, 1}) replay.keep_next_value(i, 1, 7);
  ASSERT_NE(replay.next_value(0, 1), nullptr);
  EXPECT_EQ(*replay.next_value(0, 1), 7);
  EXPECT_EQ(replay.next_value(0, 2), nullptr);
  push();  // over the first
  EXPECT_EQ(replay.next_value(0, 1), nullptr);
  EXPECT_NE(replay.next_value(1, 1), nullptr);
}

TEST(Replay, GoesOnInALargerBuffer) {
  const auto push = [](Replay& replay, int i) {
    const float x[] = {static_cast<float>(i)};
    const double cost[] = {0};
    replay.push({x, x, {}, cost, i, 0, 0, false});
  };
  const Encoder encoder = encoder_of(1, "raw");
  Replay small(3, encoder, 2, false, 1), large(5, encoder, 2, false, 1), smaller(2, encoder, 2, false, 1);
  for (int i = 0; i < 4; ++i) push(small, i);
  const std::vector<unsigned char> bytes = saved([&](CheckpointWriter& out) { small.save(out); });
  CheckpointReader reader(bytes.data(), bytes.size());
  large.load(reader);
  for (int i = 4; i < 9; ++i) push(large, i);
  ASSERT_EQ(large.size(), 5u);
  std::vector<int> kept;
  for (std::size_t i = 0; i < 5; ++i) kept.push_back(large.action(i));
  EXPECT_EQ(kept, (std::vector<int>{8, 4, 5, 6, 7}));
  CheckpointReader again(bytes.data(), bytes.size());
  EXPECT_THROW(smaller.load(again), std::runtime_error);
}

TEST(Replay, KeepsWhatTheNetworksSeeAcrossACheckpoint) {
  for (const char* kind : {"raw", "one-hot"}) {
    const Encoder encoder = encoder_of(kToyWidth, kind);
    Replay replay(3, encoder, 2, false, 0), restored(4, encoder, 2, false, 0);
    std::vector<float> state = {-1, 1, 0, 0.5f, 1}, next = {1, 0, 0.3f, 0.25f, 1};
    for (int i = 0; i < 4; ++i) {
      state[3] = static_cast<float>(i);
      replay.push({state, next, {}, {}, i % 2, 0, 0, false});
    }
    const std::vector<unsigned char> bytes = saved([&](CheckpointWriter& out) { replay.save(out); });
    CheckpointReader reader(bytes.data(), bytes.size());
    restored.load(reader);
    EXPECT_EQ(saved([&](CheckpointWriter& out) { restored.save(out); }), bytes) << kind;
    std::vector<float> x(static_cast<std::size_t>(encoder.inputs()));
    for (const Replay* each : {&replay, &restored}) {
      encoder.encode(state, x.data());  // the newest has taken the oldest's place
      EXPECT_TRUE(std::equal(x.begin(), x.end(), each->x(0))) << kind;
      encoder.encode(next, x.data());
      EXPECT_TRUE(std::equal(x.begin(), x.end(), each->next_x(2))) << kind;
    }
  }
}

}  // namespace
}  // namespace offload::learning
