// What a forger may do to drifts, sweeps and facts of isolation, in a results folder of the suite in
// wide_forgery_test.cpp, and what verify has to say of it.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "end_to_end/forgeries.hpp"

namespace offload::testing {

inline std::function<void(const Forger&)> of_row(const std::string& row,
                                                 const std::function<void(Json&)>& change) {
  return [=](const Forger& forger) { forger.trial(row, "r0f0", change); };
}
inline std::function<void(const Forger&)> in_row(const std::string& row, const std::string& pointer,
                                                 const Json& value) {
  return of_row(row, [=](Json& trial) { trial[Json::json_pointer(pointer)] = value; });
}
// The drifts of one row's trial as another's.
inline std::function<void(const Forger&)> drifts_of(const std::string& row, const std::string& other) {
  return [=](const Forger& forger) {
    const Json drifts = forger.copy_of(other, "r0f0")["drifts"];
    forger.trial(row, "r0f0", [&](Json& trial) { trial["drifts"] = drifts; });
  };
}

inline std::vector<Forgery> drifts() {
  return {
      {"ADecisionAway",
       of_row("learner",
              [](Json& trial) {
                Json& action = trial["drifts"][0]["cells"][0]["decisions"][0][0];
                action = action == 0 ? 1 : 0;
              }),
       "/trial/drifts/0/cells/0"},
      {"ARewardAway", in_row("learner", "/drifts/0/cells/1/scores/0/reward/3", 2.5),
       "/trial/drifts/0/cells/1/scores/0/reward/3"},
      {"ATotalAway", in_row("learner", "/drifts/0/cells/0/latency_s/1", .25), "trials/"},
      {"ActionsOutsideTheMaskAway", in_row("learner", "/drifts/0/cells/1/masked_actions", 900),
       "/trial/drifts/0/cells/1/masked_actions"},
      {"NoDrifts", of_row("learner", [](Json& trial) { trial.erase("drifts"); }), "drift"},
      {"OneDriftLess", of_row("learner", [](Json& trial) { trial["drifts"].erase(1); }), "drift"},
      {"ADriftUnderAnotherName", in_row("learner", "/drifts/0/name", "5g"), "drift"},
      {"ADriftTwice",
       of_row("learner", [](Json& trial) { trial["drifts"][1]["cells"] = trial["drifts"][0]["cells"]; }),
       "/trial/drifts/1"},
      {"HomeInPlaceOfADrift",
       of_row("random", [](Json& trial) { trial["drifts"][1]["cells"] = trial["cells"]; }), "trials/"},
      {"ARulesDriftsAsAnotherRules", drifts_of("random", "local-only"), "/trial/drifts/0"},
      {"ALearnersDriftsAsARules", drifts_of("learner", "local-only"), "decisions and exact values",
       kBelieved},
      {"WhatADriftTakes", planned("/drifts/0/consumption/1/0", .001), "/drifts/0/consumption/1/0"},
      {"WhatADriftIsCalled", planned("/drifts/0/profile", "a fair network"), "/drifts/0/profile"},
      {"WhoSeesADrift", planned("/drifts/0/sees", "new"), "/drifts/0/sees"},
      {"ADriftOfTheSuite", text("suite.toml", "network = \"4G\"", "network = \"5G\""), "/suite_toml_sha256"},
      {"AFigureOfDrifts", text("drifts.csv", "learner", "winner"), "drifts.csv", kWrong, false},
      {"NoFileOfDrifts", [](const Forger& forger) { remove(forger.folder() / "drifts.csv"); },
       "\"file\": \"drifts.csv\"", kWrong, false},
      {"AFileOfMarginsThatAreNot",
       [](const Forger& forger) { write_text(forger.folder() / "margins.csv", "row,cell\nlearner,mid\n"); },
       "margins.csv", kWrong, false},
  };
}

inline std::vector<Forgery> sweeps() {
  return {
      {"AnotherChoice",
       of_row("learner",
              [](Json& trial) {
                Json& chosen = trial["tuning"]["chosen"];
                chosen = 1 - chosen.get<int>();
              }),
       "/trial/tuning/chosen"},
      {"AnotherChoiceWithItsFigures",
       of_row("learner",
              [](Json& trial) {
                Json& tuning = trial["tuning"];
                const int other = 1 - tuning["chosen"].get<int>();
                for (Json& reward : tuning["candidates"][other]["reward"]) reward = 7.5;
                tuning["chosen"] = other;
                trial["parameters"]["epsilon"] = tuning["candidates"][other]["parameters"]["epsilon"];
              }),
       "what candidates came to in validation", kBelieved},
      {"AFigureOfValidation",
       of_row("learner",
              [](Json& trial) {
                Json& tuning = trial["tuning"];
                Json& reward = tuning["candidates"][tuning["chosen"].get<int>()]["reward"][0];
                reward = reward.get<double>() + .5;
              }),
       "what candidates came to in validation", kBelieved},
      {"MoreStepsOfACandidate", in_row("learner", "/tuning/candidates/0/steps", 65), "at most 64"},
      {"FewerStepsOfACandidate", in_row("learner", "/tuning/candidates/0/steps", 63), "at least 64"},
      {"MoreViolationsThanEpisodes", in_row("learner", "/tuning/candidates/1/violations/0", 1000), "at most"},
      {"AnotherCandidate", in_row("learner", "/tuning/candidates/1/parameters/epsilon", .2),
       "/trial/tuning/candidates/1/parameters"},
      {"ACandidateUnderAnotherName", in_row("learner", "/tuning/candidates/1/name", "learner/best"),
       "/trial/tuning/candidates/1/name"},
      {"AFailureThatWasNone",
       of_row("learner",
              [](Json& trial) {
                Json& tuning = trial["tuning"];
                Json& other = tuning["candidates"][1 - tuning["chosen"].get<int>()];
                other["reward"] = other["violations"] = Json::array();
                other["failure"] = "it diverged";
              }),
       "what candidates came to in validation", kBelieved},
      {"AFailureAfterTooManySteps",
       of_row("learner",
              [](Json& trial) {
                Json& tuning = trial["tuning"];
                Json& other = tuning["candidates"][1 - tuning["chosen"].get<int>()];
                other["reward"] = other["violations"] = Json::array();
                other["failure"] = "it diverged";
                other["steps"] = 4000;
              }),
       "at most 64"},
      {"OneCandidateLess",
       of_row("learner",
              [](Json& trial) {
                Json& tuning = trial["tuning"];
                const int other = 1 - tuning["chosen"].get<int>();
                tuning["candidates"].erase(other);
                tuning["chosen"] = 0;
              }),
       "/trial/tuning/candidates"},
      {"MoreValidation", in_row("learner", "/tuning/validation_episodes", 400),
       "/trial/tuning/validation_episodes"},
      {"NoSweep", of_row("learner", [](Json& trial) { trial.erase("tuning"); }), "no sweep"},
      {"ASweepThatWasNone",
       [](const Forger& forger) {
         const Json tuning = forger.copy_of("learner", "r0f0")["tuning"];
         forger.trial("local-only", "r0f0", [&](Json& trial) { trial["tuning"] = tuning; });
       },
       "tune_cpu_s"},
      {"ASweepLongerThanItsTrial", in_row("learner", "/timing/tune_cpu_s", 1e6), "/trial/timing/tune_cpu_s"},
      {"ASweepsTimeWithoutOne", in_row("random", "/timing/tune_cpu_s", 1.0), "no other fields"},
      {"FewerCandidatesInThePlan", planned("/rows/2/candidates", 1), "/rows/2/candidates"},
      {"AnotherValidation", text("suite.toml", "validation = 0.3", "validation = 0.4"), "/suite_toml_sha256"},
      {"AnotherMeasureInSuiteAndPlan",
       [](const Forger& forger) {
         forger.replace("suite.toml", "measure = \"reward\"", "measure = \"reward within budgets\"");
         forger.plan(
             [&](Json& plan) { plan["suite_toml_sha256"] = sha256_of(forger.folder() / "suite.toml"); });
       },
       "/resolved/tuning"},
  };
}

inline std::vector<Forgery> isolation() {
  return {
      {"AnIsolatedRowThatWasForked", in_row("apart", "/copies", "fork"), "/trial/copies"},
      {"ARowThatWasIsolated", in_row("learner", "/copies", "process"), "/trial/copies"},
      {"FreshCopiesThatWereOthers", in_row("learner", "/copies", "checkpoint"), "fresh copies", kBelieved},
      {"NoFreshCopiesOfARule", in_row("random", "/copies", "none"), "/trial/copies"},
      {"WhereARowRan", planned("/rows/3/isolation", "none"), "/rows/3/isolation"},
      {"WhereARowRanInItsSettings", planned("/resolved/rows/3/training/isolation", "none"),
       "/resolved/rows/3"},
      {"WhereARowRanInTheSuite", text("suite.toml", "isolation = \"process\"", "isolation = \"none\""),
       "/suite_toml_sha256"},
      {"AMachineThatHeldLess", in_row("random", "/host/isolation.missing", "everything"), "isolation"},
  };
}

}  // namespace offload::testing
