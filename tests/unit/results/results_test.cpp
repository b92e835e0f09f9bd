// Trial results and plans as JSON, and the folder that keeps them: what comes back is what was written, and
// what is not whole, not ours or not unchanged is named.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "files/plain_file.hpp"
#include "results/result_reading.hpp"
#include "unit/report/example.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;
using example::TemporaryFolder;
using nlohmann::json;
using testing::HasSubstr;

TrialResult sample() { return example::trial(example::plan(), "bold", "s0"); }

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// The message for the sample with one change.
std::string refusal(const std::function<void(json&)>& change) {
  json document = json::parse(to_json(sample()));
  change(document);
  return error_of([&] { trial_result_from_json(document.dump(), "t.json"); });
}

std::string slurp(const fs::path& file) { return read_bounded(file, 1 << 20); }

void spill(const fs::path& file, const std::string& text) { std::ofstream(file, std::ios::binary) << text; }

ReferenceResult sample_reference() {
  ReferenceResult result;
  result.key = "reference-s0";
  result.split = "s0";
  result.episode_ids = {3, 5};
  ReferenceCell cell;
  cell.cell = "open";
  cell.causal.exact = true;
  cell.causal.lower = cell.causal.upper = 1.0 / 3;
  cell.causal.masked_random = {.1 + .2, 0};
  cell.causal.nodes = kCountless;
  cell.constant.training_reward = {.5, .25};
  cell.scores.push_back(
      {"simulator", "knn", {1, .5}, true, {1.5, std::nan("")}, {1.5, std::nan("")}, {.5, .25}, 0, {.5, .5}});
  result.cells = {cell};
  result.unlimited = {{"simulator", "knn", true, {1.5, 2}}};
  result.calibration = {{"knn", {-.25, {.125, std::nan("")}, {7, 0}, 2, 3}}};
  return result;
}

std::string reference_refusal(const std::function<void(json&)>& change) {
  json document = json::parse(to_json(sample_reference()));
  change(document);
  return error_of([&] { reference_result_from_json(document.dump(), "r.json"); });
}

TEST(Results, BoundsOfAWorldSurviveJson) {
  ReferenceResult result;
  result.key = "k";
  result.split = "s0";
  result.episode_ids = {4, 7};
  WorldCell cell{"open", {.5, NAN}, {.75, NAN}, 1, 1, {.25, NAN}, {1}, {}, {}, {.3, .4}};
  cell.best_constant = {{.1, NAN}, 2, .5, .25};
  cell.best_per_task = {{.2, .3}, 1, .25, 0};
  QueryOracle oracle;
  oracle.queries = 3;
  oracle.calls = {1, 2};
  oracle.quality = .9;
  oracle.latency_s = oracle.cost_usd = NAN;
  result.world = WorldBounds{{{3, 2, 1, .5, 1.5, NAN}, {3, 3, 3, .6, 2, .1}}, oracle, {NAN, NAN}, {cell}};
  EXPECT_EQ(to_json(result).find("group"), std::string::npos) << "no two sessions share prompts";
  result.world->group = {0, 0};
  const ReferenceResult back = reference_result_from_json(to_json(result), "r.json");
  EXPECT_EQ(to_json(back), to_json(result));
  ASSERT_TRUE(back.world);
  EXPECT_EQ(back.world->cells[0].best_constant.violation_rate, .25);
  EXPECT_TRUE(std::isnan(back.world->cells[0].hindsight[1]));
  EXPECT_EQ(back.world->group, result.world->group);
  json wrong = json::parse(to_json(result));
  wrong["world"]["cells"][0]["constant"] = 2;
  EXPECT_THAT(error_of([&] { reference_result_from_json(wrong.dump(), "r.json"); }),
              HasSubstr("/world/cells/0/constant"));
}

TEST(ReferenceResult, RoundTripsAndIsChecked) {
  const ReferenceResult back = reference_result_from_json(to_json(sample_reference()), "r.json");
  EXPECT_EQ(to_json(back), to_json(sample_reference()));
  EXPECT_EQ(back.cells[0].causal.upper, 1.0 / 3);
  EXPECT_EQ(back.cells[0].causal.masked_random.value, .1 + .2);
  EXPECT_TRUE(std::isnan(back.cells[0].scores[0].hindsight[1]));
  EXPECT_TRUE(back.calibration[0].figures.uncalibrated());
  EXPECT_THAT(reference_refusal([](json& j) { j["cells"][0]["scores"][0]["constant"].push_back(1); }),
              HasSubstr("/cells/0/scores/0/constant"));
  EXPECT_THAT(reference_refusal([](json& j) { j["cells"][0]["causal"]["exact"] = 1; }),
              HasSubstr("/cells/0/causal/exact"));
  EXPECT_THAT(reference_refusal([](json& j) { j["cells"][0]["constant"]["action"] = 2; }), HasSubstr("0..1"));
  EXPECT_THAT(reference_refusal([](json& j) { j.erase("unlimited"); }), HasSubstr("'unlimited' is missing"));
}

TEST(ReferenceResult, IsStoredAndReadBesideTheTrials) {
  const TemporaryFolder folder;
  const Store store(folder.path());
  ReferenceResult failed = {
      "reference-s0", "s0", TrialStatus::failed, {"out of time", {}, {}, "wall", ""}, {}, {}, {}, {}, 1};
  EXPECT_TRUE(store.write_reference(sample_reference()));
  EXPECT_FALSE(store.write_reference(failed));
  const StoreContents contents = store.read_all();
  ASSERT_EQ(contents.references.size(), 1u);
  EXPECT_EQ(to_json(contents.references[0]), to_json(sample_reference()));
  EXPECT_TRUE(contents.trials.empty());
  spill(folder.path() / "references" / "reference-s0.json",
        slurp(folder.path() / "references" / "reference-s0.json") + " ");
  EXPECT_THAT(store.read_all().left_out.at(0).reason, HasSubstr("half-written"));
  failed.key = "reference-s1";
  EXPECT_TRUE(store.write_reference(failed));
  EXPECT_EQ(store.read_all().references.at(0).failure.limit, "wall");
}

TEST(TrialResult, KeepsValuesAndMixes) {
  TrialResult result = sample();
  result.cells[0].value = PolicyValue{1.0 / 3, .5, 2};
  result.cells[0].mix = StaticMix{{.25, .75, 0}, .125};
  result.cells[0].scores[0].mix_reward = {1, 2, 3};
  const TrialResult back = trial_result_from_json(to_json(result), "t.json");
  EXPECT_EQ(to_json(back), to_json(result));
  EXPECT_EQ(back.cells[0].value->value, 1.0 / 3);
  EXPECT_EQ(back.cells[0].mix->probability, (std::vector<double>{.25, .75, 0}));
  EXPECT_FALSE(back.cells[1].value);
}

TEST(TrialResult, RoundTrips) {
  TrialResult result = sample();
  result.cells[0].scores[0].reward[0] = .1 + .2;
  result.cells[0].latency_s[0] = 1.0 / 3;
  result.parameters = {{"flag", true},
                       {"count", std::int64_t{-3}},
                       {"rate", 1.0},
                       {"name", std::string("a\"\n<b>")},
                       {"list", std::vector<double>{1, .1}}};
  const TrialResult back = trial_result_from_json(to_json(result), "t.json");
  EXPECT_EQ(to_json(back), to_json(result));
  EXPECT_EQ(back.parameters, result.parameters);
  EXPECT_EQ(back.cells[0].decisions, result.cells[0].decisions);
  EXPECT_EQ(back.cells[0].scores[0].reward[0], .1 + .2);
  EXPECT_EQ(back.cells[0].latency_s[0], 1.0 / 3);
  EXPECT_EQ(back.cells[1].flag[1], EpisodeFlag::departed);
  EXPECT_TRUE(std::isnan(back.timing.update_mean_us));
  EXPECT_EQ(back.training.curve[0].values.at("loss"), .25);
}

TEST(TrialResult, RoundTripsFailures) {
  const TrialResult back = trial_result_from_json(to_json(example::failed_trial("bold", "s0")), "t.json");
  EXPECT_EQ(back.status, TrialStatus::failed);
  EXPECT_EQ(back.failure.signal, 11);
  EXPECT_FALSE(back.failure.exit_code);
  EXPECT_EQ(back.failure.last_output, "last words");
}

// Two cells, ten validation episodes: the middle one earns most and breaks most budgets.
TuningResult sample_tuning() {
  TuningResult tuning;
  tuning.validation_episodes = 10;
  tuning.candidates = {{"row/rate=0.5", {{"rate", .5}}, {1, .5}, {0, 1}, 600, ""},
                       {"row/rate=1", {{"rate", std::int64_t{1}}}, {1, 2}, {0, 5}, 600, ""},
                       {"row/rate=2", {{"rate", std::int64_t{2}}}, {}, {}, 0, "it threw"},
                       {"row/rate=3", {{"rate", std::int64_t{3}}}, {1, 1}, {0, 1}, 600, ""}};
  tuning.chosen = 1;
  return tuning;
}

TEST(TuningResult, RoundTripsWithItsTrial) {
  TrialResult result = sample();
  result.tuning = sample_tuning();
  result.timing.tune_cpu_s = 1.0 / 3;
  result.training.not_finite = {"loss"};
  const TrialResult back = trial_result_from_json(to_json(result), "t.json");
  EXPECT_EQ(to_json(back), to_json(result));
  EXPECT_EQ(back.tuning->candidates[1].parameters, result.tuning->candidates[1].parameters);
  EXPECT_EQ(back.tuning->candidates[2].failure, "it threw");
  EXPECT_EQ(back.timing.tune_cpu_s, 1.0 / 3);
  EXPECT_EQ(back.training.not_finite, result.training.not_finite);
  json document = json::parse(to_json(result));
  document["tuning"]["chosen"] = 4;
  EXPECT_THAT(error_of([&] { trial_result_from_json(document.dump(), "t.json"); }),
              HasSubstr("t.json: /tuning/chosen"));
  document["tuning"]["chosen"] = 1;
  document["tuning"]["candidates"][0]["violations"] = {0};
  EXPECT_THAT(error_of([&] { trial_result_from_json(document.dump(), "t.json"); }),
              HasSubstr("/tuning/candidates/0/violations"));
}

TEST(TuningResult, TheMeasureChooses) {
  TuningResult tuning = sample_tuning();
  EXPECT_EQ(best_candidate(tuning, "reward", 0), 1u);
  EXPECT_EQ(best_candidate(tuning, "reward within budgets", .05), 3u);  // one of twenty
  EXPECT_EQ(best_candidate(tuning, "reward within budgets", 0), 3u);  // none keeps them; it breaks the fewest
  EXPECT_EQ(best_candidate(tuning, "reward within budgets", .25), 1u);
  tuning.candidates[3].reward = {1, .5};
  EXPECT_EQ(best_candidate(tuning, "reward within budgets", .05), 0u);  // the first of equals
  tuning.candidates = {tuning.candidates[2]};
  EXPECT_FALSE(best_candidate(tuning, "reward", 0));
}

TEST(TrialResult, RefusesWithThePlace) {
  EXPECT_EQ(refusal([](json& t) { t["cells"][0]["latency_s"][1] = "high"; }),
            "t.json: /cells/0/latency_s/1: expected a finite number >= 0, found \"high\"");
  EXPECT_THAT(refusal([](json& t) { t["cells"][0]["cost_usd"][1] = -1; }), HasSubstr("/cells/0/cost_usd/1"));
  EXPECT_THAT(refusal([](json& t) { t["cells"][0]["cost_usd"].erase(0); }), HasSubstr("a list of 3 numbers"));
  EXPECT_THAT(refusal([](json& t) { t["cells"][1]["decisions"][0].push_back(0); }),
              HasSubstr("/cells/1/decisions/0: expected as many turns as in the first cell"));
  EXPECT_THAT(refusal([](json& t) { t["cells"][1]["decisions"][0] = json::array(); }),
              HasSubstr("at least one turn"));
  EXPECT_THAT(refusal([](json& t) { t["cells"][1]["decisions"][2][0] = 1.5; }), HasSubstr("/decisions/2/0"));
  EXPECT_THAT(refusal([](json& t) { t["cells"][0]["flag"][0] = 3; }), HasSubstr("an integer in 0..2"));
  EXPECT_THAT(refusal([](json& t) { t["cells"][1]["cell"] = "open"; }), HasSubstr("each cell once"));
  EXPECT_THAT(refusal([](json& t) { t["cells"][0]["scores"][0]["reward"][0] = nullptr; }),
              HasSubstr("/scores/0/reward/0: expected a finite number"));
  EXPECT_THAT(refusal([](json& t) { t["training"]["joint_violations"] = 99; }), HasSubstr("/training"));
  EXPECT_THAT(refusal([](json& t) { t["training"]["gradient_steps"] = 1L << 60; }),
              HasSubstr("0..1000000000000000"));
  EXPECT_THAT(refusal([](json& t) { t["seed"] = 18446744073709551615u; }), HasSubstr("/seed"));
  EXPECT_THAT(refusal([](json& t) { t["status"] = "great"; }), HasSubstr("\"ok\" or \"failed\""));
  EXPECT_THAT(refusal([](json& t) { t["status"] = "failed"; }), HasSubstr("'failure' is missing"));
  EXPECT_THAT(refusal([](json& t) { t["row"] = std::string(5000, 'x'); }), HasSubstr("at most 4096 bytes"));
  EXPECT_THAT(refusal([](json& t) { t.erase("cells"); }), HasSubstr("'cells' is missing"));
  EXPECT_THAT(refusal([](json& t) { t = json::array(); }), HasSubstr("expected an object"));
  EXPECT_THAT(error_of([] { trial_result_from_json(std::string(1'000'000, '['), "t.json"); }),
              HasSubstr("nested deeper"));
  EXPECT_THAT(error_of([] { trial_result_from_json("{\"key\": \xff}", "t.json"); }), HasSubstr("not JSON"));
}

// No cut or changed byte of a document may end in anything but an Error.
TEST(TrialResult, SurvivesEveryCutAndManyChanges) {
  const std::string text = to_json(sample());
  for (std::size_t n = 0; n < text.size(); n += 7) {
    EXPECT_NE(error_of([&] { trial_result_from_json(text.substr(0, n), "t.json"); }), "no error");
    std::string changed = text;
    changed[n] = static_cast<char>(changed[n] ^ 0x15);
    error_of([&] { trial_result_from_json(changed, "t.json"); });
  }
}

TEST(ReportPlan, RoundTrips) {
  const ReportPlan plan = example::plan();
  EXPECT_EQ(report_plan_from_json(to_json(plan), "suite.json"), plan);
}

TEST(ReportPlan, SaysWhetherRunsHaveFreshData) {
  ReportPlan plan = example::plan();
  EXPECT_EQ(data_sentence(plan), "synthetic:15, 15 episodes, 40 turns");
  plan.fresh_data = true;
  EXPECT_EQ(data_sentence(plan),
            "synthetic:15 drawn afresh for each of 2 runs, 15 episodes, 40 turns in all");
  std::string text = to_json(plan);
  EXPECT_TRUE(report_plan_from_json(text, "suite.json").fresh_data);
  // Folders of before that was said are of one data set.
  const std::string line = "\"fresh_per_run\": true,";
  ASSERT_NE(text.find(line), std::string::npos) << text;
  text.erase(text.find(line), line.size());
  EXPECT_FALSE(report_plan_from_json(text, "suite.json").fresh_data);
}

TEST(ReportPlan, RefusesWhatContradictsItself) {
  const auto refused = [](const std::function<void(ReportPlan&)>& change) {
    ReportPlan plan = example::plan();
    change(plan);
    return error_of([&] { report_plan_from_json(to_json(plan), "suite.json"); });
  };
  EXPECT_THAT(refused([](ReportPlan& p) { p.trials[1].key = p.trials[0].key; }), HasSubstr("each key once"));
  EXPECT_THAT(refused([](ReportPlan& p) { p.trials[1].row = "nobody"; }), HasSubstr("a row of the suite"));
  EXPECT_THAT(refused([](ReportPlan& p) { p.cells[1].name = "open"; }), HasSubstr("each name once"));
  EXPECT_THAT(refused([](ReportPlan& p) { p.consumption.clear(); }), HasSubstr("at least one action"));
}

TEST(Store, KeepsTrials) {
  const TemporaryFolder folder;
  const Store store(folder.path() / "deep" / "results");
  EXPECT_FALSE(store.read_suite());
  EXPECT_TRUE(store.read_all().trials.empty());
  store.write_suite("text");
  EXPECT_EQ(store.read_suite(), "text");
  EXPECT_TRUE(store.write_trial(sample()));
  const StoreContents contents = store.read_all();
  ASSERT_EQ(contents.trials.size(), 1u);
  EXPECT_EQ(to_json(contents.trials[0]), to_json(sample()));
  EXPECT_TRUE(contents.left_out.empty());
}

TEST(Store, NeverReplacesFinishedByFailed) {
  const TemporaryFolder folder;
  const Store store(folder.path());
  EXPECT_TRUE(store.write_trial(example::failed_trial("bold", "s0")));
  EXPECT_TRUE(store.write_trial(sample()));
  EXPECT_FALSE(store.write_trial(example::failed_trial("bold", "s0")));
  EXPECT_EQ(store.read_trial("bold-s0")->status, TrialStatus::ok);
  // A finished result that is damaged protects nothing.
  spill(folder.path() / "trials" / "bold-s0.json", "{");
  EXPECT_FALSE(store.read_trial("bold-s0"));
  EXPECT_TRUE(store.write_trial(example::failed_trial("bold", "s0")));
}

TEST(Store, NamesAndLeavesOutWhatIsNotWhole) {
  const TemporaryFolder folder;
  const Store store(folder.path());
  store.write_trial(sample());
  const fs::path trials = folder.path() / "trials";
  const std::string good = slurp(trials / "bold-s0.json");
  spill(trials / "half.json", good.substr(0, good.size() / 2));
  spill(trials / "start.json", good.substr(0, 10));
  spill(trials / "empty.json", "");
  spill(trials / "foreign.json", "{\"hello\": 1}");
  std::string changed = good;
  changed.replace(changed.find("\"seed\":0"), 8, "\"seed\":1");
  spill(trials / "changed.json", changed);
  spill(trials / "copy.json", good);
  spill(trials / "notes.txt", "mine");
  fs::create_directory(trials / "folder.json");
  ASSERT_EQ(mkfifo((trials / "pipe.json").c_str(), 0600), 0);
  spill(trials / ("bold-s0.json." + std::to_string(getpid()) + ".tmp"), "x");

  const StoreContents contents = store.read_all();
  ASSERT_EQ(contents.trials.size(), 1u);
  std::map<std::string, std::string> reasons;
  for (const LeftOut& out : contents.left_out) reasons[out.file] = out.reason;
  EXPECT_EQ(reasons.size(), 9u);
  EXPECT_THAT(reasons["trials/half.json"], HasSubstr("half-written"));
  EXPECT_THAT(reasons["trials/start.json"], HasSubstr("half-written"));
  EXPECT_THAT(reasons["trials/empty.json"], HasSubstr("half-written"));
  EXPECT_THAT(reasons["trials/foreign.json"], HasSubstr("foreign"));
  EXPECT_THAT(reasons["trials/changed.json"], HasSubstr("SHA-256"));
  EXPECT_THAT(reasons["trials/copy.json"], HasSubstr("misnamed"));
  EXPECT_THAT(reasons["trials/notes.txt"], HasSubstr("foreign"));
  EXPECT_THAT(reasons["trials/folder.json"], HasSubstr("not a regular file"));
  EXPECT_THAT(reasons["trials/pipe.json"], HasSubstr("not a regular file"));
}

// Several threads read; the order is that of the keys all the same.
TEST(Store, ReadsManyInTheOrderOfTheirKeys) {
  const TemporaryFolder folder;
  const Store store(folder.path());
  std::vector<std::string> keys;
  for (char letter = 'a'; letter <= 'z'; ++letter) keys.push_back(std::string("trial-") + letter);
  for (const std::string& key : keys) {
    TrialResult trial = sample();
    trial.key = key;
    EXPECT_TRUE(store.write_trial(trial));
    spill(folder.path() / "trials" / (key + "-half.json"), "{");
  }
  const StoreContents contents = store.read_all();
  ASSERT_EQ(contents.trials.size(), keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(contents.trials[i].key, keys[i]);
  ASSERT_EQ(contents.left_out.size(), keys.size());
  EXPECT_THAT(contents.left_out[25].file, HasSubstr("trial-z-half.json"));
}

TEST(Store, RefusesKeysThatAreNoFileNames) {
  const TemporaryFolder folder;
  for (const char* key : {"", "../x", "a/b", ".hidden", "a b"}) {
    TrialResult result = sample();
    result.key = key;
    EXPECT_THROW(Store(folder.path()).write_trial(result), Error) << key;
  }
}

TEST(Store, CleansUpAfterDeadProcesses) {
  const TemporaryFolder folder;
  const Store store(folder.path());
  store.write_trial(sample());
  const fs::path file = folder.path() / "trials" / "x.json";
  const pid_t child = fork();
  if (child == 0) {
    AtomicFile half(file);
    half.write("x");
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  AtomicFile alive(file);
  EXPECT_TRUE(fs::exists(file.native() + ".0.tmp"));
  store.clean();
  EXPECT_FALSE(fs::exists(file.native() + ".0.tmp"));
  alive.write("whole");
  alive.commit();
  EXPECT_EQ(slurp(file), "whole");
}

TEST(StoreLock, AdmitsOneProcess) {
  const TemporaryFolder folder;
  {
    const StoreLock lock(folder.path());
    EXPECT_THAT(error_of([&] { StoreLock second(folder.path()); }), HasSubstr(std::to_string(getpid())));
  }
  const StoreLock again(folder.path());
}

TEST(Merge, CountsOnceAndNamesConflicts) {
  const TemporaryFolder folder;
  const Store a(folder.path() / "a"), b(folder.path() / "b");
  const ReportPlan plan = example::plan();
  a.write_trial(example::trial(plan, "bold", "s0"));
  TrialResult same = example::trial(plan, "bold", "s0");
  same.timing.wall_s = 99;
  b.write_trial(same);
  a.write_trial(example::failed_trial("bold", "s1"));
  b.write_trial(example::trial(plan, "bold", "s1"));
  a.write_trial(example::trial(plan, "careful", "s0"));
  TrialResult other = example::trial(plan, "careful", "s0");
  other.cells[0].scores[0].reward[0] += 1;
  b.write_trial(other);
  const StoreContents merged = read_merged({a.folder(), b.folder()});
  ASSERT_EQ(merged.trials.size(), 2u);
  EXPECT_EQ(merged.trials[0].key, "bold-s0");
  EXPECT_EQ(merged.trials[1].status, TrialStatus::ok);
  ASSERT_EQ(merged.left_out.size(), 2u);
  EXPECT_THAT(merged.left_out[0].file, HasSubstr("a/trials/careful-s0.json"));
  EXPECT_THAT(merged.left_out[0].reason, HasSubstr("b/trials/careful-s0.json"));
  EXPECT_THAT(merged.left_out[1].reason, HasSubstr("conflict"));
}

}  // namespace
}  // namespace offload
