// The order and the random bits of passes: the same whoever asks, another for every pass, and nothing in them
// that could be turned round.
#include "trial/pass_order.hpp"

#include <gmock/gmock.h>
#include <offload/random.hpp>

#include <set>

namespace offload {
namespace {

constexpr std::size_t kTests = 40;

class PassOrderTest : public testing::Test {
 protected:
  PassOrderTest() {
    Suite suite = read_suite(OFFLOAD_SOURCE_DIR "/benchmarks/suites/main-synthetic.toml");
    std::vector<EpisodeTable> sets = open_data(suite, {});
    experiment_ = make_experiment(std::move(suite), std::move(sets));
  }
  PassOrder order(const Pass& pass, std::size_t split = 0) const {
    return {experiment_, experiment_.splits[split], pass, kTests};
  }
  static std::vector<std::size_t> tests(const PassOrder& order) {
    std::vector<std::size_t> list;
    for (std::size_t place = 0; place < kTests; ++place) list.push_back(order.test(place));
    return list;
  }
  std::vector<Pass> passes() const {
    std::vector<Pass> list;
    for (std::uint32_t cell = 0; cell < 5; ++cell) {
      list.push_back({Pass::Kind::cell, cell});
      list.push_back({Pass::Kind::walk, cell});
      for (const std::int64_t point : {0, 3000, 30000}) list.push_back({Pass::Kind::cell, cell, point});
    }
    list.push_back({Pass::Kind::timing, 0});
    return list;
  }

  Experiment experiment_;
};

TEST_F(PassOrderTest, TheSamePassIsTheSame) {
  const Pass pass{Pass::Kind::cell, 2, 3000};
  EXPECT_EQ(tests(order(pass)), tests(order(pass)));
  EXPECT_EQ(order(pass).bits(7), order(pass).bits(7));
  EXPECT_EQ(order(pass).seed(), order(pass).seed());
}

TEST_F(PassOrderTest, NoTwoPassesShareOrderOrBits) {
  std::set<std::vector<std::size_t>> orders;
  std::set<std::uint64_t> bits;
  std::size_t made = 0;
  for (std::size_t split = 0; split < 2; ++split) {
    for (const Pass& pass : passes()) {
      const PassOrder of_pass = order(pass, split);
      std::vector<std::size_t> list = tests(of_pass);
      orders.insert(list);
      for (std::size_t test = 0; test < kTests; ++test) bits.insert(of_pass.bits(test));
      bits.insert(of_pass.seed());
      ++made;
      std::ranges::sort(list);
      for (std::size_t test = 0; test < kTests; ++test) ASSERT_EQ(list[test], test);
    }
  }
  EXPECT_EQ(orders.size(), made);
  EXPECT_EQ(bits.size(), made * (kTests + 1));
}

// A stream's seed can be computed back from its bits, so those of one episode must not lead to another's.
TEST_F(PassOrderTest, BitsAreNoStreamOfSmallNumbers) {
  const std::uint64_t seed = experiment_.splits[0].stream_of(experiment_.suite.seed);
  const PassOrder some = order({Pass::Kind::cell, 0});
  std::set<std::uint64_t> bits;
  for (std::size_t test = 0; test < kTests; ++test) bits.insert(some.bits(test));
  for (std::uint64_t purpose : {std::uint64_t{0}, std::uint64_t{0x6576616c}, some.seed()}) {
    for (std::uint64_t i = 0; i < 2 * kTests; ++i) {
      EXPECT_FALSE(bits.contains(stream(seed, purpose, i)));
      EXPECT_FALSE(bits.contains(stream(some.seed(), purpose, i)));
    }
  }
}

// Every test is as likely at every place.
TEST_F(PassOrderTest, PlacesAreEvenlySpread) {
  std::vector<int> first(kTests);
  for (std::int64_t point = 0; point < 4000; ++point) ++first[order({Pass::Kind::cell, 0, point}).test(0)];
  for (const int count : first) {
    EXPECT_GT(count, 55);  // 100 expected, deviation 9.9
    EXPECT_LT(count, 145);
  }
}

}  // namespace
}  // namespace offload
