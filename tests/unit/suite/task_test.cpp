// The official tasks: the frozen table against the shipped suites, and what counts as altering one.
#include "suite/task.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include "data/import/import.hpp"
#include "data/tables/outcome_table_file.hpp"
#include "temporary_folder.hpp"

namespace offload {
namespace {

const std::filesystem::path kFolder = OFFLOAD_SOURCE_DIR "/benchmarks/suites/tasks";

const Task& task(const std::string& name) {
  for (const Task& task : official_tasks()) {
    if (task.name == name) return task;
  }
  throw std::runtime_error("no task " + name);
}

// As tmo-weighted 1.0.0 says of itself.
TaskParts parts_of(Suite suite) {
  PluginInfo reward;
  reward.id = "tmo-weighted";
  reward.version = "1.0.0";
  const double third = 1.0 / 3;
  const test::TemporaryFolder folder;
  std::vector<EpisodeTable> data = open_data(suite, folder.path());
  return task_parts(make_experiment(std::move(suite), std::move(data)), reward,
                    {{"quality", 1.0}, {"association", third}, {"latency", third}, {"cost", third}});
}

std::string sentence(Suite suite) {
  const std::string name = suite.name;
  return task_sentence(claimed_task(name, parts_of(std::move(suite))));
}

TEST(Task, TheTableIsFrozen) {
  std::vector<std::string> names;
  for (const Task& task : official_tasks()) {
    names.push_back(task.name);
    EXPECT_EQ(task_hash(task.parts), task.sha256) << task.name;
  }
  std::vector<std::string> known = {"synth-true-v1", "synth-true-v2", "routerarena-v1", "routellm-mmlu-v1",
                                    "bfcl-v1"};
  for (const char* budgets : {"open", "relaxed", "mid", "tight", "extreme", "heldout"}) {
    for (const char* version : {"-v1", "-v2", "-question-v2"})
      known.push_back(std::string("m4ai-") + budgets + version);
  }
  EXPECT_THAT(names, testing::UnorderedElementsAreArray(known));
  // Whoever published a figure under these names relied on them.
  EXPECT_EQ(task("m4ai-mid-v1").sha256, "18c66c5e19f6a0fd98d0e115e08ec7cb609af72f74419dcd3a4226f1ab3828c6");
  EXPECT_EQ(task("m4ai-mid-v1").parts.at("data"),
            "9e767a55eff47436c46ca4bb9a226a7a584948e8fd04993d7b8669dcbfe1f9ce");
  EXPECT_EQ(task("m4ai-mid-v1").parts.at("budgets"), "ns and pico-USD: mid 20000000000 20000000000;");
}

TEST(Task, TheShippedSyntheticSuiteIsIt) {
  EXPECT_EQ(sentence(read_suite(kFolder / "synth-true-v1.toml")), "this is synth-true-v1, unaltered");
  EXPECT_EQ(sentence(read_suite(kFolder / "synth-true-v2.toml")), "this is synth-true-v2, unaltered");
}

TEST(Task, TheShippedSuitesOnThePublicFileAreThem) {
  const char* named = std::getenv("OFFLOAD_SHARED");
  const std::filesystem::path shared = named != nullptr ? named : OFFLOAD_SOURCE_DIR "/../shared";
  const auto file = shared / "data" / "M4A1.json";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "M4A1.json is not here; set OFFLOAD_SHARED";
  for (const Task& task : official_tasks()) {
    if (!task.name.starts_with("m4ai-")) continue;
    Suite suite = read_suite(kFolder / (task.name + ".toml"));
    suite.data.source = file.string();
    EXPECT_EQ(sentence(std::move(suite)), "this is " + task.name + ", unaltered");
  }
}

// Imported by the commands of datasets/README.md.
std::string sentence_of_import(const std::string& name, const ImportRequest& request) {
  const test::TemporaryFolder folder;
  write_outcome_table(import_outcomes(request), folder / "t.csv");
  Suite suite = read_suite(kFolder / (name + ".toml"));
  suite.data.source = (folder / "t.csv").string();
  PluginInfo reward;
  reward.id = "quality";
  reward.version = "1.0.0";
  std::vector<EpisodeTable> data = open_data(suite, folder.path());
  return task_sentence(
      claimed_task(name, task_parts(make_experiment(std::move(suite), std::move(data)), reward, {})));
}

std::filesystem::path routing_data() {
  const char* named = std::getenv("OFFLOAD_SHARED");
  const std::filesystem::path shared = named != nullptr ? named : OFFLOAD_SOURCE_DIR "/../shared";
  return shared / "data" / "routing";
}

TEST(Task, TheShippedRoutingSuitesOnPublicDataAreThem) {
  const auto data = routing_data();
  if (!std::filesystem::exists(data)) GTEST_SKIP() << data << " is not here; set OFFLOAD_SHARED";
  ImportRequest arena;
  arena.source = data / "routerarena";
  arena.task_from = "prefix";
  arena.scale = {-1, 1};
  arena.rules.arms = {"claude-3-haiku-20240307", "gemini-2.0-flash-001"};
  EXPECT_EQ(sentence_of_import("routerarena-v1", arena), "this is routerarena-v1, unaltered");
  ImportRequest mmlu;
  // As a checkout has it.
  const test::TemporaryFolder folder;
  mmlu.source = folder / "RouteLLM";
  std::filesystem::create_directories(mmlu.source / "routellm");
  std::filesystem::create_directory_symlink(std::filesystem::absolute(data / "routellm"),
                                            mmlu.source / "routellm" / "evals");
  mmlu.set = "mmlu";
  EXPECT_EQ(sentence_of_import("routellm-mmlu-v1", mmlu), "this is routellm-mmlu-v1, unaltered");
  arena.task_from = "metric";
  EXPECT_THAT(sentence_of_import("routerarena-v1", arena),
              testing::HasSubstr("named routerarena-v1 but altered: data differ"));
}

TEST(Task, TheShippedBfclSuiteOnPublicDataIsIt) {
  const auto published = routing_data() / "bfcl_published";
  const char* folder = std::getenv("OFFLOAD_BFCL");
  if (folder == nullptr || !std::filesystem::exists(published))
    GTEST_SKIP() << "OFFLOAD_BFCL is not set to the folder 2024-08-11 of BFCL-Result, or " << published
                 << " is not here; set OFFLOAD_SHARED";
  ImportRequest bfcl;
  bfcl.source = folder;
  bfcl.prices = OFFLOAD_SOURCE_DIR "/datasets/bfcl-prices.json";
  bfcl.price_date = "2024-08-11";
  bfcl.questions = published;
  bfcl.rules.failed = TableRules::Failed::keep;
  bfcl.rules.arms = {"gpt-3.5-turbo-0125",     "claude-3-haiku-20240307", "gemini-1.5-flash-preview-0514",
                     "gpt-4o-mini-2024-07-18", "gpt-4-turbo-2024-04-09",  "claude-3-5-sonnet-20240620"};
  EXPECT_EQ(sentence_of_import("bfcl-v1", bfcl), "this is bfcl-v1, unaltered");
}

TEST(Task, RowsAndTrainingAreFree) {
  Suite suite = read_suite(kFolder / "synth-true-v1.toml");
  suite.rows.resize(1);
  suite.rows[0].name = "mine";
  suite.rows[0].training.steps = 7;
  suite.rows[0].training.model = "hierarchical";
  suite.evaluation.oracle_nodes = 0;
  EXPECT_EQ(sentence(suite), "this is synth-true-v1, unaltered");
  // But not as free as the truth.
  suite.rows[0].training.model = "true_mean";
  EXPECT_EQ(sentence(std::move(suite)), "named synth-true-v1 but altered: models differ");
}

TEST(Task, NamesWhatWasAltered) {
  const Suite shipped = read_suite(kFolder / "synth-true-v1.toml");
  Suite suite = shipped;
  suite.cells[1].cell.limit[0] += 1;
  EXPECT_EQ(sentence(suite), "named synth-true-v1 but altered: budgets differ");
  suite = shipped;
  suite.seed = 1;  // cuts other folds
  suite.evaluation.lenses = {"held_out"};
  EXPECT_EQ(sentence(suite), "named synth-true-v1 but altered: folds, lenses, suite seed differ");
  suite = read_suite(kFolder / "synth-true-v2.toml");
  suite.data.seeds.pop_back();
  EXPECT_EQ(sentence(suite), "named synth-true-v2 but altered: data, folds differ");
  suite = shipped;
  suite.data.seed = 1;
  EXPECT_EQ(sentence(suite), "named synth-true-v1 but altered: data differ");
  suite = shipped;
  suite.scenario.profile.device = "Jetson Nano";
  EXPECT_EQ(sentence(suite), "named synth-true-v1 but altered: profile differ");
  suite = shipped;
  suite.name = "my-own";
  EXPECT_EQ(sentence(suite), "");
}

// Where the folds do not hang on it, too.
TEST(Task, ASuiteSeedBelongsToItsTask) {
  const Suite shipped = read_suite(kFolder / "synth-true-v1.toml");
  Suite suite = shipped;
  const TaskParts frozen = parts_of(suite);
  suite.seed = 1;
  TaskParts parts = frozen;
  parts["suite seed"] = parts_of(suite).at("suite seed");
  EXPECT_EQ(claimed_task("synth-true-v1", parts).altered, std::vector<std::string>{"suite seed"});
  EXPECT_TRUE(claimed_task("synth-true-v1", frozen).altered.empty());
  EXPECT_NE(task_hash(frozen), task_hash(parts));
  // Hashed before seeds belonged to tasks.
  EXPECT_EQ(task_hash(hashed_parts("synth-true-v1", frozen)), task("synth-true-v1").sha256);
  EXPECT_EQ(hashed_parts("my-own", frozen), frozen);
}

}  // namespace
}  // namespace offload
