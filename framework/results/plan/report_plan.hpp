// What a results folder's suite.json holds: the suite as it was resolved, in the terms that a report needs,
// and the trials that were planned. The campaign writes it before the first trial.
#pragma once

#include <array>
#include <cstdint>
#include <iosfwd>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "results/plan/planned_trials.hpp"
#include "results/plan/report_world.hpp"
#include "results/plan/trials_json.hpp"
#include "suite/task.hpp"

namespace offload {

struct ReportCell {
  std::string name;
  double latency_s = 0, cost_usd = 0;  // budgets of an episode; +infinity is unlimited

  bool operator==(const ReportCell&) const = default;
};

// What the checkpoint that a row starts from was trained on, by what the checkpoint itself says.
struct RowLineage {
  // "none": it starts from nothing; "unseen": from episodes of this data set that do not test it; "seen":
  // also from some that do; "other data": from other data sets alone; "unknown": its file does not say.
  std::string training = "none";
  std::int64_t seen_tests = 0, tests = 0;  // over all splits: of how many tests it was trained on
  // Likewise of the episodes on which a sweep's candidates are validated; 0 without one.
  std::int64_t seen_validation = 0, validation = 0;

  bool operator==(const RowLineage&) const = default;
};

// Another world in which the rows were evaluated as well.
struct ReportDrift {
  std::string name;
  std::string profile;  // in words: "paper, Jetson TX2, 4G"
  // "new": agents and masks saw what turns take there; "trained": they believed the plan's consumption.
  std::string sees = "trained";
  std::vector<std::array<double, 2>> consumption = {};  // as ReportPlan has it
  bool trained = false;                                 // every row was trained there as well

  bool operator==(const ReportDrift&) const = default;
};

// "rule": decides by what it is given; "learns": trains first, or starts from what was learned.
struct ReportRow {
  std::string name, plugin, summary;
  std::string kind = "rule";
  RowLineage lineage = {};
  std::string training_model = {};  // where it learns from another response model than the suite's
  std::string isolation = "none";   // or "process": where its agent ran
  std::int64_t candidates = 0;      // of its sweep, tuned among on every split; 0: it has none

  bool operator==(const ReportRow&) const = default;
};

// The exact policies' job of a split.
struct PlannedReference {
  std::string split, key;

  bool operator==(const PlannedReference&) const = default;
};

struct ReportPlan {
  std::string suite, description;
  TaskClaim task;
  std::string data_source, data_sha256;
  std::int64_t data_episodes = 0, data_turns = 0;  // of all data sets together
  bool fresh_data = false;  // every run has drawn a data set of its own, so runs are independent
  std::string profile;      // in words: "paper, Jetson TX2, Wired"
  std::vector<ReportCell> cells;
  std::vector<std::string> tasks;           // what turns are about, by the data set's index; empty: not known
  std::vector<std::string> lenses, models;  // the first of each is what the leaderboard shows first
  std::vector<ReportRow> rows;
  std::vector<std::string> splits;  // a split is one run of every row
  int trainings = 1;                // splits s * trainings + t are trainings t of the same split s
  int turns_max = 0;
  int counted_turns = 0;  // of an episode enter its totals: turns_max but under a quirk of the reference
  double max_violation_rate = 0;
  // [A] what one turn takes: s, USD; of a world what the first split declares of it.
  std::vector<std::array<double, 2>> consumption;
  std::optional<ReportWorld> world;  // empty for logged data
  std::vector<ReportDrift> drifts;
  // Where a log of known outcomes is simulated, by which policy, and on which model of it rows train that
  // name none.
  std::string log_policy, log_model;
  std::vector<std::int64_t> seeds;
  std::string version;  // of OffloadBench
  PlannedTrials trials;
  std::vector<PlannedReference> references;  // one per split, or none
  std::string resolved_suite = "{}";         // the suite with every default, JSON text
  std::string suite_toml_sha256;             // of the folder's suite.toml; empty: an older version's plan

  bool operator==(const ReportPlan&) const = default;
};

// The data in words: "synthetic:200, 200 episodes, 688 turns".
std::string data_sentence(const ReportPlan& plan);

// Which rows are isolated, in words; empty where none is.
std::string isolation_sentence(const ReportPlan& plan);

// JSON round trip. Reading checks types, ranges and that trials name known rows and splits, each pair and key
// once, and throws Error(data) with the place. Trials are read and written one by one, so that neither takes
// more than they do in the plan.
std::string to_json(const ReportPlan& plan);
void write_json(const ReportPlan& plan, const PartSink& sink);
// The same document with an empty list of trials.
nlohmann::json json_without_trials(const ReportPlan& plan);
ReportPlan report_plan_from_json(const std::string& text, const std::string& file_name);
// `in` is at its beginning and can be set back to it.
ReportPlan report_plan_from_json(std::istream& in, const std::string& file_name);

}  // namespace offload
