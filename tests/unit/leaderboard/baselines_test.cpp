// The frozen tables of the official tasks: one is made of results, holds for a second run, and finds what
// does not.
#include "leaderboard/baselines.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "files/checked_json.hpp"
#include "files/plain_file.hpp"
#include "suite/task.hpp"
#include "unit/report/example.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;
using example::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// The example under an official name: "bold" has the same bits on every machine, "careful" has not.
fs::path results(const TemporaryFolder& folder, const std::function<void(TrialResult&)>& change = {},
                 const TaskClaim& claim = {"synth-true-v1", 1, {}}) {
  static int count = 0;
  const Store store(folder / ("results" + std::to_string(++count)));
  ReportPlan plan = example::plan();
  plan.task = claim;
  store.write_plan(plan);
  for (TrialResult trial : example::contents(plan).trials) {
    if (trial.row == "bold") trial.host["bits"] = kPortableBits;
    if (change) change(trial);
    store.write_trial(trial);
  }
  return store.folder();
}

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Baselines, HoldForASecondRun) {
  const TemporaryFolder folder;
  const std::string table = baselines_table(results(folder));
  const auto elsewhere = [](TrialResult& trial) {
    trial.host["cpu"] = "two";
    trial.timing.wall_s += 1;
    trial.plugin_sha256 = std::string(64, 'd');
  };
  const BaselinesCheck check = check_baselines(table, "table", results(folder, elsewhere));
  EXPECT_THAT(check.wrong, IsEmpty());
  EXPECT_THAT(check.same_bits, ElementsAre("bold"));
  EXPECT_THAT(check.within, ElementsAre("careful"));
}

TEST(Baselines, FindOneOtherDecision) {
  const TemporaryFolder folder;
  const std::string table = baselines_table(results(folder));
  const auto changed = [](TrialResult& trial) {
    if (trial.row == "bold" && trial.split == "s1") trial.cells[0].masked_actions += 1;
  };
  const BaselinesCheck check = check_baselines(table, "table", results(folder, changed));
  ASSERT_EQ(check.wrong.size(), 1U);
  EXPECT_EQ(check.wrong[0].file, "row bold");
  EXPECT_EQ(check.wrong[0].place, "/outcomes_sha256");
  const auto worse = [](TrialResult& trial) {
    if (trial.row != "careful") return;
    for (CellResult& cell : trial.cells) {
      for (double& reward : cell.scores[0].reward) reward -= 5;
    }
  };
  const BaselinesCheck outside = check_baselines(table, "table", results(folder, worse));
  ASSERT_EQ(outside.wrong.size(), 1U);
  EXPECT_EQ(outside.wrong[0].place, "/reward");
}

TEST(Baselines, AreOfOneTaskAsItIsFrozen) {
  const TemporaryFolder folder;
  const std::string table = baselines_table(results(folder));
  EXPECT_THAT(refusal([&] {
                baselines_table(results(folder, {}, {"synth-true-v1", 1, {"folds"}}));
              }),
              HasSubstr("no official task as it is frozen"));
  EXPECT_THAT(refusal([&] { baselines_table(results(folder, {}, {})); }), HasSubstr("no official task"));
  EXPECT_THAT(refusal([&] {
                check_baselines(table, "table", results(folder, {}, {"synth-true-v2", 2, {}}));
              }),
              HasSubstr("/task: \"synth-true-v1\""));
  EXPECT_THAT(refusal([&] { check_baselines("{}", "table", folder.path()); }),
              HasSubstr("table: /: 'format' is missing"));
}

// What is published under benchmarks/baselines is of the tasks as they are frozen now, each row with its
// hash.
TEST(Baselines, ThePublishedTablesAreOfTheFrozenTasks) {
  std::size_t tables = 0;
  for (const auto& entry : fs::directory_iterator(OFFLOAD_SOURCE_DIR "/benchmarks/baselines")) {
    if (entry.path().extension() != ".json") continue;
    ++tables;
    const auto table = parse_checked(read_bounded(entry.path(), 1 << 20), entry.path().filename());
    const auto task = std::ranges::find(official_tasks(), table.at("task").get<std::string>(), &Task::name);
    ASSERT_NE(task, official_tasks().end()) << entry.path();
    EXPECT_EQ(table.at("task_sha256"), task->sha256) << entry.path();
    EXPECT_EQ(entry.path().stem().string(), task->name);
    for (const auto& row : table.at("rows"))
      EXPECT_TRUE(row.at("outcomes_sha256").is_string()) << entry.path();
  }
  EXPECT_EQ(tables, official_tasks().size()) << "every task has one";
}

}  // namespace
}  // namespace offload
