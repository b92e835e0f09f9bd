// Trials that are packed, put away and unpacked again: nothing of them is lost, in memory or in a file.
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "report/trials/packed_trial.hpp"
#include "report/trials/trial_store.hpp"

namespace offload {
namespace {

std::string packed(const CondensedTrial& trial) {
  std::string bytes;
  pack(trial, bytes);
  return bytes;
}

// With something in every field; `tests` makes it as large as one likes.
CondensedTrial full_trial(std::size_t tests, double value) {
  CondensedCell cell;
  cell.sums = {{1, 2}, {3, 4}, {5, 6}, {7, 8}, {9, 10}, 11, 12, 13, 1};
  cell.mean = {value, 2};
  cell.per_test = {std::vector<double>(tests, value), std::vector<double>(tests, 2 * value)};
  cell.violated = std::vector<std::uint8_t>(tests, 3);
  cell.decisions = 0xfedcba9876543210;
  cell.turns = 7;
  cell.masked_actions = 8;
  cell.action_count = {4, 3};
  cell.task_actions = {{1, 2}, {3, 1}};
  cell.scores = {{"simulator", "knn", {value}, {2}, {3}, {4}, {5}, {6}}};
  cell.value = PolicyValue{.5, .25, .125};
  cell.contradictions = 2;
  cell.margin = CellMargin{.1, true, 5, 6, 7, {{10, 1, {{1, 2}, {3}}}}};
  cell.log = LogVerdict{.5, {3, 4}, {.25, .75}, {{1, 2}, {3, 4}}};
  CondensedTrial trial;
  trial.seed = -3;
  trial.failure = {"a reason", 3, 9, "wall", "output\n"};
  trial.origin = std::make_shared<const TrialOrigin>();
  trial.episode_ids = std::make_shared<const std::vector<std::int64_t>>(tests, 5);
  trial.training = {1, 2, 3, 4, 5, 6, {{100, {{"loss", .5}, {"reward/open", -1}}}}, {"loss"}};
  trial.copies = EvaluationCopies::process;
  trial.cells = {cell, cell};
  trial.drifts = {{cell}, {}};
  trial.natives = {{}, {cell}};
  trial.tuning = TuningResult{
      9,
      {{"a", {{"x", true}, {"y", std::int64_t{4}}, {"z", std::vector<double>{1, 2}}}, {1}, {2}, 3, "no"}},
      0};
  trial.timing.wall_s = 1.5;
  trial.timing.tune_cpu_s = 2.5;
  return trial;
}

TEST(PackedTrial, LosesNothing) {
  const CondensedTrial trial = full_trial(3, .1);
  const CondensedTrial again = unpacked_trial(packed(trial));
  EXPECT_EQ(packed(again), packed(trial));
  EXPECT_EQ(again.seed, -3);
  EXPECT_EQ(again.failure.reason, "a reason");
  EXPECT_EQ(again.failure.signal, 9);
  EXPECT_EQ(again.training.curve[0].values.at("reward/open"), -1);
  EXPECT_EQ(again.cells[1].per_test[1], trial.cells[1].per_test[1]);
  EXPECT_EQ(again.cells[1].task_actions, trial.cells[1].task_actions);
  EXPECT_EQ(again.cells[0].scores[0].task_quality, trial.cells[0].scores[0].task_quality);
  EXPECT_EQ(again.cells[0].value->masked_actions, .125);
  EXPECT_EQ(again.cells[0].margin->passes[0].decisions, trial.cells[0].margin->passes[0].decisions);
  EXPECT_EQ(again.cells[1].log->said, trial.cells[1].log->said);
  EXPECT_EQ(again.drifts[0][0].decisions, 0xfedcba9876543210);
  EXPECT_EQ(again.natives[1][0].decisions, 0xfedcba9876543210);
  EXPECT_EQ(again.tuning->candidates[0].parameters, trial.tuning->candidates[0].parameters);
  EXPECT_EQ(again.timing.tune_cpu_s, 2.5);
  const CondensedTrial plain;
  EXPECT_EQ(packed(unpacked_trial(packed(plain))), packed(plain));
}

TEST(Spool, GivesBackWhatWentIntoTheFile) {
  Spool spool(100);
  std::vector<std::pair<std::uint64_t, std::string>> kept;
  for (int i = 0; i < 50; ++i) {
    const std::string bytes(static_cast<std::size_t>(i * 3), static_cast<char>('a' + i % 26));
    kept.emplace_back(spool.append(bytes), bytes);
  }
  std::string out = "of before";
  for (const auto& [at, bytes] : kept) {
    spool.read(at, bytes.size(), out);
    EXPECT_EQ(out, bytes) << at;
  }
}

TEST(Spool, SaysWhereThereIsNoRoom) {
  const char* const before = getenv("TMPDIR");
  const std::string kept = before == nullptr ? "" : before;
  setenv("TMPDIR", "/nowhere", 1);
  Spool spool(1);
  std::string said;
  try {
    spool.append("more");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
    said = error.what();
  }
  before == nullptr ? unsetenv("TMPDIR") : setenv("TMPDIR", kept.c_str(), 1);
  EXPECT_NE(said.find("TMPDIR"), std::string::npos) << said;
}

// More than stays unpacked, in whatever order it is asked for.
TEST(TrialStore, UnpacksRowsAgain) {
  constexpr std::size_t kRows = 12, kSplits = 3, kTests = 30'000;
  TrialStore store(kRows, kSplits);
  const auto value = [](std::size_t row, std::size_t split) { return static_cast<double>(10 * row + split); };
  for (std::size_t split = 0; split < kSplits; ++split) {
    for (std::size_t row = 0; row < kRows; ++row) {
      if (row != 5 || split != 1) store.put(row, split, full_trial(kTests, value(row, split)));
    }
  }
  EXPECT_FALSE(store.head(5, 1).present);
  store.drop(6, 0);
  EXPECT_FALSE(store.head(6, 0).present);
  store.settle();
  const CondensedTrial& held = store.trial(0, 2);
  for (const std::size_t row : {3, 9, 0, 11, 3, 7, 8, 1, 2, 0}) {
    EXPECT_EQ(store.trial(row, 2).cells[0].mean[0], value(row, 2));
    EXPECT_EQ(store.trial(row, 2).cells[1].per_test[1].back(), 2 * value(row, 2));
    EXPECT_EQ(store.trial(row, 2).episode_ids->size(), kTests);
    if (row == 9) {
      EXPECT_EQ(held.cells[0].mean[0], value(0, 2)) << "until rows of as many others are asked for";
    }
  }
  EXPECT_EQ(packed(store.unpacked(4, 1)), packed(full_trial(kTests, value(4, 1))));
}

}  // namespace
}  // namespace offload
