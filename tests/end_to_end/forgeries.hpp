// What a forger may do to a results folder of the suite in forgery_test.cpp, and what verify has to say of
// it.
#pragma once

#include <vector>

#include "end_to_end/forgery.hpp"

namespace offload::testing {

inline std::vector<Forgery> rows_and_plugins() {
  return {
      {"ARuleRelabelledAsALearnerWithAnotherRowsDecisions",
       [](const Forger& forger) {
         forger.plan([](Json& plan) { row_of(plan, "local-only")["kind"] = "learns"; });
         const Json other = forger.copy_of("learner", "f0");
         forger.trial("local-only", "f0", [&](Json& trial) { as(other, trial); });
       },
       "\"place\": \"/rows/1/kind\""},
      {"ALearnerRelabelledAsARule",
       [](const Forger& forger) {
         forger.plan([](Json& plan) { row_of(plan, "learner")["kind"] = "rule"; });
       },
       "\"place\": \"/rows/4/kind\""},
      {"ARuleWithAnotherRulesDecisions",
       [](const Forger& forger) { swap_what_was_done(forger, "local-only", "cloud-only"); },
       "/decisions/0/0"},
      {"ARuleWhosePluginHasAnotherHash",
       [](const Forger& forger) {
         const std::string hash(64, 'a');
         forger.plan([&](Json& plan) { resolved_row_of(plan, "local-only")["sha256"] = hash; });
         for (const char* split : {"f0", "f1"})
           forger.trial("local-only", split, [&](Json& trial) { trial["plugin_sha256"] = hash; });
       },
       "another SHA-256 than the one that ran"},
      {"AnotherPluginUnderARowsName",
       [](const Forger& forger) {
         forger.plan([&](Json& plan) {
           row_of(plan, "local-only")["plugin"] = resolved_row_of(plan, "local-only")["plugin"] =
               "cloud-only";
         });
       },
       "\"place\": \"/rows/1/plugin\""},
      {"AnotherSummary", planned("/rows/1/summary", "the best of all"), "/rows/1/summary"},
      {"AnotherVersionOfAPlugin", learned("/plugin_version", "9.9.9"), "/trial/plugin_version"},
      {"AnotherPluginOfATrial", learned("/plugin", "rc-ppo"), "/trial/plugin"},
      {"AnotherHashOfATrialsPlugin", learned("/plugin_sha256", std::string(64, 'b')), "/trial/plugin_sha256"},
      {"OtherParametersOfATrial", learned("/parameters/epsilon", .1), "/trial/parameters/epsilon"},
      {"OtherParametersInThePlan", planned("/resolved/rows/4/parameters/epsilon", .1),
       "/resolved/rows/4/parameters/epsilon"},
      {"AnotherSeedOfATrial", learned("/seed", 5), "/trial/seed"},
      {"AnotherSeedInThePlan", planned("/seeds/0", 5), "/seeds/0"},
  };
}

inline std::vector<Forgery> training() {
  return {
      {"MoreSteps", learned("/training/steps", 3000), "/trial/training/steps"},
      {"FewerEpisodes", learned("/training/episodes", 99), "/trial/training/episodes"},
      {"MoreViolationsThanCanBe",
       [](const Forger& forger) {
         forger.trial("learner", "f0", [](Json& trial) {
           Json& training = trial["training"];
           training["latency_violations"] = training["joint_violations"] = training["episodes"];
         });
       },
       "/trial/training/latency_violations"},
      {"TrainingOfARule", of_random("/training/gradient_steps", 10), "/trial/training/gradient_steps"},
      {"ACurvePointElsewhere", learned("/training/curve/0/step", 149), "/trial/training/curve/0/step"},
      {"ACurvePointLess",
       [](const Forger& forger) {
         forger.trial("learner", "f0", [](Json& trial) { trial["training"]["curve"].erase(1); });
       },
       "/trial/training/curve"},
      {"ACurveWithoutItsReward",
       [](const Forger& forger) {
         forger.trial("learner", "f0",
                      [](Json& trial) { trial["training"]["curve"][0]["values"].erase("reward/mid"); });
       },
       "curve/0/values/reward~1mid"},
      {"AHigherCurve", learned("/training/curve/1/values/reward~1mid", 5.0), "curves", kBelieved},
      {"OtherGradientSteps", learned("/training/gradient_steps", 7), "training counts", kBelieved},
      {"AnotherCheckpoint",
       [](const Forger& forger) {
         const std::string key = forger.copy_of("learner", "f0")["key"];
         std::filesystem::copy_file(forger.folder() / "checkpoints" /
                                        (forger.copy_of("learner", "f1")["key"].get<std::string>() + ".ckpt"),
                                    forger.folder() / "checkpoints" / (key + ".ckpt"),
                                    std::filesystem::copy_options::overwrite_existing);
       },
       "checkpoints", kBelieved},
      {"ACheckpointOfARule",
       [](const Forger& forger) {
         write_text(forger.folder() / "checkpoints" /
                        (forger.copy_of("random", "f0")["key"].get<std::string>() + ".ckpt"),
                    "x");
       },
       "a foreign file"},
  };
}

inline std::vector<Forgery> figures() {
  return {
      {"AReward", learned("/cells/1/scores/0/reward/5", 3.0), "/trial/cells/1/scores/0/reward/5"},
      {"ATotal", learned("/cells/0/latency_s/2", .5), "trials/", kWrong},
      {"AFlag", learned("/cells/0/flag/0", 2), "/trial/cells/0/flag/0"},
      {"ActionsOutsideTheMask", learned("/cells/1/masked_actions", 1000), "/trial/cells/1/masked_actions"},
      {"CountsByTask",
       [](const Forger& forger) {
         forger.trial("learner", "f0", [](Json& trial) {
           std::swap(trial["cells"][0]["task_actions"][0], trial["cells"][0]["task_actions"][1]);
         });
       },
       "/trial/cells/0/task_actions"},
      {"OtherEpisodes",
       [](const Forger& forger) {
         forger.trial("learner", "f0",
                      [](Json& trial) { std::swap(trial["episode_ids"][0], trial["episode_ids"][1]); });
       },
       "other test episodes than the suite's"},
      {"AValueAboveTheBound",
       [](const Forger& forger) {
         forger.trial("learner", "f0", [](Json& trial) {
           trial["cells"][0]["value"] = {{"value", 9.0}, {"violation_probability", 0}, {"masked_actions", 0}};
         });
       },
       "at most the causal value"},
      {"AnImpossibleProbability", learned("/cells/0/value/violation_probability", 1.5), "at most 1"},
      {"AMissingValue", learned("/cells/0/value", nullptr), "an exact value is missing", kBelieved},
      {"AValueOfARandomRow",
       of_random("/cells/0/value", {{"value", .5}, {"violation_probability", 0}, {"masked_actions", 0}}),
       "/trial/cells/0/value"},
      {"NoStaticMix", learned("/cells/0/mix", nullptr), "/trial/cells/0/mix"},
      {"AnotherStaticMix", learned("/cells/0/mix/violation_rate", .5), "/trial/cells/0/mix/violation_rate"},
      {"ExactPolicies",
       [](const Forger& forger) {
         forger.reference("f0", [](Json& reference) { reference["cells"][0]["causal"]["upper"] = .1; });
       },
       "/reference/cells/0/causal/upper"},
      {"AFieldThatReadersPassOver", learned("/audited", true), "no other fields"},
      {"AReportFile", text("report.md", "learner", "winner"), "report.md", kWrong, false},
      {"ASignOfZero",
       [](const Forger& forger) {
         forger.reference("f0", [](Json& reference) {
           reference["cells"][0]["causal"]["masked_random"]["standard_error"] = -0.0;
         });
       },
       "the same figures to the bit"},
      {"AMissingPage", [](const Forger& forger) { remove(forger.folder() / "report.html"); },
       "\"file\": \"report.html\"", kWrong, false},
      {"AMissingCurve",
       [](const Forger& forger) { remove_all(forger.folder() / "events" / "learner" / "f0"); },
       "\"file\": \"events/learner/f0/", kWrong, false},
      {"AQuotedField", text("trials.csv", "learner", "\"learner\""), "the same fields in another form",
       kWrong, false},
      {"NoEndOfALine", text("leaderboard.csv", "\n", "\r\n"), "leaderboard.csv", kWrong, false},
      {"AFigureOfThePage", text("report.html", "\"rank\":1", "\"rank\":2"), "report.html", kWrong, false},
      {"ATime", text("timing.csv", "learner,", "learner,9"), "timing.csv", kWrong, false},
  };
}

inline std::vector<Forgery> folder() {
  return {
      {"AComment", text("suite.toml", "[data]", "# official\n[data]"), "/suite_toml_sha256"},
      {"AnotherKey", [](const Forger& forger) { rename_key(forger, "learner"); }, "/key"},
      {"OtherBits", learned("/host/bits", "of another machine"), "/trial/host/bits"},
      {"ATrialUnderAnotherRowsKey",
       [](const Forger& forger) {
         Json trial = forger.copy_of("learner", "f0");
         trial["key"] = forger.copy_of("bold", "f0")["key"];
         forger.put("trial", trial);
       },
       "row 'learner' on split 'f0' under a foreign key"},
      {"AMisnamedTrial",
       [](const Forger& forger) {
         std::filesystem::copy_file(forger.folder() / "trials" /
                                        (forger.copy_of("random", "f0")["key"].get<std::string>() + ".json"),
                                    forger.folder() / "trials" / "other.json");
       },
       "misnamed"},
      {"AMissingTrial",
       [](const Forger& forger) { forger.take_away("trial", forger.copy_of("text", "f1")["key"]); },
       "never run or taken away", kBelieved},
      {"MissingExactPolicies",
       [](const Forger& forger) { std::filesystem::remove_all(forger.folder() / "references"); },
       "exact policies (2 splits)", kBelieved},
      {"ATrialTakenOutOfThePlan",
       [](const Forger& forger) {
         const std::string key = forger.copy_of("bold", "f1")["key"];
         forger.take_away("trial", key);
         forger.plan([&](Json& plan) {
           std::erase_if(plan["trials"].get_ref<Json::array_t&>(),
                         [&](const Json& trial) { return trial["key"] == key; });
         });
       },
       "/trials"},
      {"AFailureOfARule", [](const Forger& forger) { forger.trial("text", "f0", fail_trial); },
       "/trial/status"},
      {"AFailureOfALearner",
       [](const Forger& forger) {
         forger.trial("learner", "f0", fail_trial);
         std::filesystem::remove_all(forger.folder() / "events" / "learner" / "f0");
       },
       "that trials failed, and why", kBelieved},
      {"AFailureOfExactPolicies",
       [](const Forger& forger) {
         forger.reference("f0", [](Json& reference) {
           fail_trial(reference);
           reference["unlimited"] = reference["calibration"] = Json::array();
         });
       },
       "/reference/status"},
      {"SwappedLearners", [](const Forger& forger) { swap_what_was_done(forger, "learner", "bold"); },
       "it learned; --train runs it again", kBelieved},
      {"AForeignCurve",
       [](const Forger& forger) { write_text(forger.folder() / "events" / "learner" / "best", "x"); },
       "a foreign file"},
  };
}

// What takes nothing from the figures but is not what was compared, trained again or not.
inline std::vector<Forgery> foreign_files() {
  return {
      {"NoCheckpoint",
       [](const Forger& forger) {
         remove(forger.folder() / "checkpoints" /
                (forger.copy_of("learner", "f0")["key"].get<std::string>() + ".ckpt"));
       },
       "its checkpoint was taken away", kBelieved},
      {"AnEmptyFolder", [](const Forger& forger) { create_directories(forger.folder() / "events" / "best"); },
       "\"events/best\"", kBelieved},
      {"APageThatNoRunWrote",
       [](const Forger& forger) { write_text(forger.folder() / "report-final.html", "bold is the best"); },
       "report-final.html", kBelieved},
      {"AnInputThatTheSuiteDoesNotName",
       [](const Forger& forger) { write_text(forger.folder() / "inputs" / "folds-2.json", "{}"); },
       "inputs/folds-2.json", kBelieved},
      {"AForeignTrial",
       [](const Forger& forger) {
         Json trial = forger.copy_of("learner", "f0");
         trial["key"] = std::string(64, 'c');
         forger.put("trial", trial);
       },
       "is under a foreign key", kBelieved},
      {"ForeignExactPolicies",
       [](const Forger& forger) {
         forger.seal("reference", [&](Json& reference) {
           Json copy = reference;
           copy["key"] = std::string(64, 'd');
           forger.put("reference", copy);
           return false;
         });
       },
       "is under a foreign key", kBelieved},
      {"ACheckpointUnderAForeignKey",
       [](const Forger& forger) {
         write_text(forger.folder() / "checkpoints" / (std::string(64, 'e') + ".ckpt"), "x");
       },
       "checkpoints/eeee", kBelieved},
      {"ALinkInPlaceOfATrial",
       [](const Forger& forger) {
         const auto file = forger.folder() / "trials" /
                           (forger.copy_of("random", "f0")["key"].get<std::string>() + ".json");
         const auto elsewhere = forger.folder() / ".." / "elsewhere.json";
         std::filesystem::copy_file(file, elsewhere, std::filesystem::copy_options::overwrite_existing);
         remove(file);
         create_symlink(std::filesystem::absolute(elsewhere), file);
       },
       "what links lead to", kBelieved},
  };
}

inline std::vector<Forgery> plans() {
  return {
      {"ABudgetOfTheSuite", text("suite.toml", "latency_s = 12", "latency_s = 13"), "/cells/1/latency_s"},
      {"ABudgetOfSuiteAndPlan",
       [](const Forger& forger) {
         forger.replace("suite.toml", "latency_s = 12", "latency_s = 13");
         forger.plan([](Json& plan) {
           plan["cells"][1]["latency_s"] = plan["resolved"]["budgets"]["cells"][1]["latency_s"] = 13.0;
         });
       },
       "/key"},
      {"ALooserTier", planned("/max_violation_rate", 1.0), "/max_violation_rate"},
      {"WhatATurnTakes", planned("/consumption/0/0", 0.0), "/consumption/0/0"},
      {"TheDescription", planned("/description", "a fair comparison"), "/description"},
      {"ATask", planned("/task", {{"name", "m4ai-mid-v1"}, {"version", 1}, {"altered", Json::array()}}),
       "/task"},
      {"TheNumberOfEpisodes", planned("/dataset/episodes", 4000), "/dataset/episodes"},
      {"AFieldThatReadersPassOver", planned("/audited", true), "no other fields"},
      {"TheVersion", planned("/version", "0.0.1"), "keys and version", kBelieved},
      {"TheFolds", text("inputs/folds.json", "39", "38"), "", 2, false},
      {"AFoldTwice", text("inputs/folds.json", "{", "{\"f0\":[0],"), "", 2, false},
      {"TheDataSetThatTheSuiteNames", text("suite.toml", "4,3:40", "4,3:41"), "/suite_toml_sha256"},
      {"TheSuiteSeed", text("suite.toml", "seed = 7", "seed = 8"), "/resolved/suite/seed"},
      {"TrainingOfTheSuite", text("suite.toml", "steps = 300", "steps = 900"),
       "/resolved/rows/4/training/steps"},
      {"AnotherReward",
       [](const Forger& forger) {
         std::filesystem::copy_file(OFFLOAD_BINARY_DIR "/lib/offload-bench/plugins/budget-aware.so",
                                    forger.folder() / "inputs" / "own-reward.so",
                                    std::filesystem::copy_options::overwrite_existing);
       },
       "/resolved/reward/sha256"},
  };
}

}  // namespace offload::testing
