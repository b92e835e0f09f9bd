// Trial results and plans as JSON: what comes back is what was written, and what contradicts itself is named.
#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "unit/results/samples.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;
using example::TemporaryFolder;
using nlohmann::json;
using testing::HasSubstr;

using namespace samples;

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
  EXPECT_THAT(refused([](ReportPlan& p) { p.trials.set_key(1, p.trials.key(0)); }),
              HasSubstr("each key once"));
  EXPECT_THAT(refused([](ReportPlan& p) {
                p.trials.change([&p](PlannedTrial& t) { t.row = t == p.trials[1] ? "nobody" : t.row; });
              }),
              HasSubstr("a row of the suite"));
  EXPECT_THAT(refused([](ReportPlan& p) { p.cells[1].name = "open"; }), HasSubstr("each name once"));
  EXPECT_THAT(refused([](ReportPlan& p) { p.consumption.clear(); }), HasSubstr("at least one action"));
}

}  // namespace
}  // namespace offload
