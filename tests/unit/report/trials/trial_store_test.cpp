// Trials that are packed, put away and unpacked again: nothing of them is lost, in memory or in a file.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cmath>
#include <sstream>

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

// One whose lists have as many entries as it has tests, as those of finished trials do.
CondensedTrial column_trial(std::size_t tests, double value) {
  CondensedTrial trial = full_trial(tests, value);
  for (auto* cells : {&trial.cells, &trial.drifts[0], &trial.natives[1]}) {
    for (CondensedCell& cell : *cells) {
      const std::vector<double> list(tests, value);
      cell.scores = {{"simulator", "knn", list, list, list, list, {5, 8}, {6, 9}}};
    }
  }
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

// What it says of a temporary folder that is not there.
std::string without_folder(Spool& spool, const std::string& bytes) {
  const char* const before = getenv("TMPDIR");
  const std::string kept = before == nullptr ? "" : before;
  setenv("TMPDIR", "/nowhere", 1);
  std::string said;
  try {
    spool.append(bytes);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
    said = error.what();
  }
  before == nullptr ? unsetenv("TMPDIR") : setenv("TMPDIR", kept.c_str(), 1);
  return said;
}

TEST(Spool, SaysWhereThereIsNoRoom) {
  Spool spool(1);
  const std::string said = without_folder(spool, "more");
  EXPECT_NE(said.find("TMPDIR"), std::string::npos) << said;
}

TEST(Spool, AllShareWhatIsKeptInMemory) {
  Spool one(1000), other(1000);
  EXPECT_EQ(without_folder(one, std::string(600, 'a')), "");
  {
    Spool third(1000);
    EXPECT_EQ(without_folder(third, std::string(300, 'a')), "");
    EXPECT_NE(without_folder(other, std::string(200, 'a')), "");
  }
  EXPECT_EQ(without_folder(one, std::string(150, 'a')), "") << "the third's are free again";
  EXPECT_NE(without_folder(one, std::string(100, 'a')), "");
  one.append("b");  // into a file
  Spool fourth(1000);
  EXPECT_EQ(without_folder(fourth, std::string(790, 'a')), "") << "what is in a file takes none";
}

TEST(Spool, IsReadAsAStream) {
  Spool spool(100'000);
  std::string all;
  for (int i = 0; i < 50'000; ++i) {
    const std::string line = std::to_string(i) + '\n';
    spool.append(line);
    all += line;
  }
  ASSERT_GT(all.size(), 200'000u) << "a part in the file, and one behind it";
  SpoolBuffer buffer(spool);
  std::istream in(&buffer);
  std::ostringstream read;
  read << in.rdbuf();
  EXPECT_EQ(read.str(), all);
  in.clear();
  for (const std::size_t at : {std::size_t{70'000}, all.find("49998\n"), std::size_t{0}}) {
    in.seekg(static_cast<std::streamoff>(at));
    std::string line;
    std::getline(in, line);
    EXPECT_EQ(line, all.substr(at, all.find('\n', at) - at));
    EXPECT_EQ(in.tellg(), static_cast<std::streamoff>(at + line.size() + 1));
  }
  in.seekg(0, std::ios::end);
  EXPECT_EQ(in.tellg(), static_cast<std::streamoff>(all.size()));
  EXPECT_EQ(in.get(), std::char_traits<char>::eof());
}

// Whatever was put, and in whatever order rows are asked for.
TEST(TrialStore, KeepsTrialsAndColumns) {
  constexpr std::size_t kRows = 12, kSplits = 3, kTests = 30'000;
  TrialStore store(kRows, kSplits);
  const auto value = [](std::size_t row, std::size_t split) { return static_cast<double>(10 * row + split); };
  for (std::size_t split = 0; split < kSplits; ++split) {
    for (std::size_t row = 0; row < kRows; ++row) {
      if (row != 5 || split != 1) store.put(row, split, column_trial(kTests, value(row, split)), 7);
    }
  }
  EXPECT_EQ(store.head(5, 1), nullptr);
  store.drop(6, 0);
  EXPECT_EQ(store.head(6, 0), nullptr);
  store.settle({{"simulator", "knn"}});
  EXPECT_EQ(packed(store.unpacked(4, 1)), packed(column_trial(kTests, value(4, 1))));
  EXPECT_EQ(store.unpacked(4, 1).episode_ids->size(), kTests);
  EXPECT_EQ(store.head(4, 1)->label, 7u);
  EXPECT_TRUE(store.head(4, 1)->has_curve);
  EXPECT_EQ(store.episodes(*store.head(4, 1)).seed, -3);
  EXPECT_EQ(&store.origin(*store.head(4, 1)), &store.origin(*store.head(9, 2))) << "kept once";
  for (const std::size_t row : {3, 9, 0, 11, 3, 7, 8, 1, 2, 0}) {
    const auto columns = store.columns(row);
    for (std::size_t split = 0; split < kSplits; ++split) {
      const auto reward = columns->of_split(columns->cells[1].view[0].reward, split);
      ASSERT_EQ(reward.size(), kTests);
      EXPECT_EQ(reward.back(), value(row, split));
      EXPECT_EQ(columns->cells[1].per_test[1][columns->begin(split)], 2 * value(row, split));
    }
    EXPECT_EQ(columns->means(columns->cells[0].view[0].reward)[2], value(row, 2));
  }
}

TEST(TrialStore, HasNothingOfMissingTrials) {
  TrialStore store(2, 3);
  CondensedTrial failed;
  failed.status = TrialStatus::failed;
  failed.origin = std::make_shared<const TrialOrigin>();
  failed.episode_ids = std::make_shared<const std::vector<std::int64_t>>();
  store.put(0, 0, failed);
  store.put(0, 1, column_trial(2, .5));
  CondensedTrial without_mix = column_trial(2, .25);
  without_mix.cells[1].scores[0].mix_reward.clear();
  store.put(0, 2, without_mix);
  store.settle({{"simulator", "knn"}});
  EXPECT_FALSE(store.has_finished(0, 0));
  const auto columns = store.columns(0);
  const ViewColumns& view = columns->cells[0].view[0];
  EXPECT_TRUE(columns->of_split(view.reward, 0).empty());
  EXPECT_TRUE(std::isnan(columns->means(view.reward)[0]));
  const std::vector<double> by_task = columns->by_split(view.task_reward[1]);
  EXPECT_TRUE(std::isnan(by_task[0]));
  EXPECT_EQ(by_task[1], 8. / 4) << "a sum over as many turns as its actions count";
  EXPECT_EQ(view.mix_reward, (std::vector<double>{.5, .5, .25, .25}));
  EXPECT_TRUE(columns->cells[1].view[0].mix_reward.empty()) << "a trial has none";
  EXPECT_EQ(columns->drifts[0][0].masked_actions, 16);
}

// Trials of several machines in one row, as when shards are put together.
TEST(TrialStore, KeepsEveryOriginOnce) {
  constexpr std::size_t kSplits = 100;
  TrialStore store(1, kSplits);
  for (std::size_t split = 0; split < kSplits; ++split) {
    CondensedTrial trial = column_trial(1, .5);
    TrialOrigin origin;
    origin.host["machine"] = split % 2 == 0 ? "even" : "odd";
    trial.origin = std::make_shared<const TrialOrigin>(origin);
    store.put(0, split, trial);
  }
  EXPECT_EQ(&store.origin(*store.head(0, 0)), &store.origin(*store.head(0, 98)));
  EXPECT_EQ(&store.origin(*store.head(0, 1)), &store.origin(*store.head(0, 99)));
  EXPECT_EQ(store.origin(*store.head(0, 1))->host.at("machine"), "odd");
}

// Bytes of the heap that a further trial of four tests takes until all are put and once all are laid out.
TEST(TrialStore, TakesLittleOfATrial) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "memory that was freed is kept for a while";
#endif
  const auto held = [](std::size_t rows) {
    constexpr std::size_t kSplits = 200;
    const CondensedTrial trial = column_trial(4, .5);
    const auto used = [] {
      const struct mallinfo2 info = mallinfo2();
      return info.uordblks + info.hblkhd;
    };
    const std::size_t before = used();
    TrialStore store(rows, kSplits);
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t split = 0; split < kSplits; ++split) store.put(row, split, trial);
    }
    store.settle({{"simulator", "knn"}});
    for (std::size_t row = 0; row < rows; ++row) EXPECT_EQ(store.columns(row)->splits(), kSplits);
    return static_cast<double>(used() - before);
  };
  EXPECT_LE((held(60) - held(10)) / (50 * 200), 60);  // 44; with all of a row unpacked 700
}

}  // namespace
}  // namespace offload
