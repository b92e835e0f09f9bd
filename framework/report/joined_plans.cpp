#include "report/joined_plans.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <vector>

#include "core/error.hpp"

namespace offload {
namespace {

using nlohmann::json;

// Of the resolved suite, without what a machine or a rebuilt plugin adds.
json part_of(const ReportPlan& plan, const char* name) {
  json part = json::parse(plan.resolved_suite).value(name, json::object());
  for (const char* own : {"machine", "sha256"}) part.erase(own);
  return part;
}

// What has to agree and does not, by name.
std::vector<std::string> differences(const ReportPlan& a, const ReportPlan& b) {
  std::vector<std::string> names;
  const auto compare = [&](const char* name, bool same) {
    if (!same) names.emplace_back(name);
  };
  const bool official = !a.task.name.empty() || !b.task.name.empty();
  compare("name, of an official task", !official || (a.suite == b.suite && a.task == b.task));
  compare("data", a.data_sha256 == b.data_sha256 && a.fresh_data == b.fresh_data && a.tasks == b.tasks);
  compare("environment", part_of(a, "environment") == part_of(b, "environment"));
  compare("reward", part_of(a, "reward") == part_of(b, "reward"));
  compare("profile", a.profile == b.profile && a.consumption == b.consumption && a.world == b.world);
  compare("episode length", a.turns_max == b.turns_max && a.counted_turns == b.counted_turns);
  compare("budget cells", a.cells == b.cells);
  compare("splits and seeds", a.splits == b.splits && a.seeds == b.seeds && a.trainings == b.trainings);
  compare("lenses", a.lenses == b.lenses);
  compare("response models", a.models == b.models);
  compare("max_violation_rate", a.max_violation_rate == b.max_violation_rate);
  compare("version of OffloadBench", a.version == b.version);
  return names;
}

json row_of(const ReportPlan& plan, const std::string& name) {
  const json suite = json::parse(plan.resolved_suite);
  for (const json& row : suite.value("rows", json::array())) {
    if (row.value("name", "") == name) return row;
  }
  return json::object();
}

// The first thing that two rows of one name have otherwise: "parameters.clip is 0.1 here and 0.2 before";
// empty where they agree or are not known.
std::string row_difference(const json& here, const json& before, const std::string& path = "") {
  for (const auto& [key, value] : here.items()) {
    if (!before.contains(key) || before[key] == value) continue;
    const std::string name = path.empty() ? key : path + "." + key;
    if (value.is_object() && before[key].is_object()) {
      const std::string inner = row_difference(value, before[key], name);
      if (!inner.empty()) return inner;
    }
    return fmt::format("{} is {} here and {} before", name, printable(value.dump(), 60),
                       printable(before[key].dump(), 60));
  }
  return {};
}

[[noreturn]] void refuse_row(const std::string& folder, const std::string& row, const std::string& what) {
  fail(ErrorKind::config,
       "{}/suite.json: row '{}' is another one than before: {}; run one of the two under another name, or "
       "report "
       "them apart",
       printable(folder), printable(row), what);
}

void add_rows(ReportPlan& plan, const ReportPlan& other, const std::string& folder) {
  for (const ReportRow& row : other.rows) {
    const auto same = std::ranges::find(plan.rows, row.name, &ReportRow::name);
    if (same == plan.rows.end()) {
      plan.rows.push_back(row);
      continue;
    }
    const std::string what = row_difference(row_of(other, row.name), row_of(plan, row.name));
    if (!what.empty()) refuse_row(folder, row.name, what);
    if (*same != row)
      refuse_row(folder, row.name,
                 fmt::format("{} here and {} before", printable(row.plugin), printable(same->plugin)));
  }
}

void add_trials(ReportPlan& plan, const ReportPlan& other, const std::string& folder) {
  std::unordered_set<std::string> known;
  std::map<std::pair<std::string, std::string>, std::string> places;  // key by row and split
  for (const PlannedTrial& trial : plan.trials) {
    known.insert(trial.key);
    places[{trial.row, trial.split}] = trial.key;
  }
  for (const PlannedTrial& trial : other.trials) {
    if (known.contains(trial.key)) continue;
    if (places.contains({trial.row, trial.split}))
      refuse_row(folder, trial.row,
                 "its trials have other keys (plugin file, parameters, machine or settings)");
    plan.trials.push_back(trial);
  }
}

}  // namespace

void join(ReportPlan& plan, const ReportPlan& other, const std::string& folder) {
  if (const auto names = differences(plan, other); !names.empty()) {
    fail(ErrorKind::config,
         "{}/suite.json: another suite than the first folder's, in: {}; make these agree, or report it by "
         "itself",
         printable(folder), fmt::join(names, ", "));
  }
  add_rows(plan, other, folder);
  add_trials(plan, other, folder);
  for (const PlannedReference& reference : other.references) {
    if (std::find(plan.references.begin(), plan.references.end(), reference) == plan.references.end()) {
      plan.references.push_back(reference);
    }
  }
}

}  // namespace offload
