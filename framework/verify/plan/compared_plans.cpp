#include "verify/plan/compared_plans.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "files/checked_json.hpp"
#include "files/plain_file.hpp"
#include "results/joining/joining.hpp"
#include "verify/recompute.hpp"

namespace offload {
namespace {

void compare_trials(const PlannedTrials& stored, const PlannedTrials& again,
                    std::vector<Disagreement>& wrong) {
  if (stored == again) return;
  const auto json_of = [](const PlannedTrials& trials, std::size_t i) {
    return i < trials.size() ? nlohmann::json::array({trial_json(trials[i])}) : nlohmann::json::array();
  };
  for (std::size_t i = 0; i < std::max(stored.size(), again.size()); ++i) {
    std::vector<Disagreement> found;
    find_differences(json_of(stored, i), json_of(again, i), 0, "suite.json", kDisagreementsMost, found);
    for (Disagreement& one : found) {
      if (wrong.size() >= kDisagreementsMost) return;
      // A list of this one trial.
      one.place = fmt::format("/{}/{}{}", kTrialsMember, i, one.place.substr(2));
      wrong.push_back(std::move(one));
    }
  }
}

}  // namespace

void compare_plans(const std::filesystem::path& folder, const ReportPlan& again,
                   std::vector<Disagreement>& wrong) {
  if (file_holds(folder / "suite.json", [&again](const PartSink& sink) { write_json(again, sink); })) return;
  const ReportPlan stored = read_plan(folder);
  const std::size_t before = wrong.size();
  // As they are in files, where a name that is no UTF-8 is written otherwise.
  const auto in_file = [](const ReportPlan& plan) {
    return parse_checked(dump_compact(json_without_trials(plan)), "suite.json");
  };
  find_differences(in_file(stored), in_file(again), 0, "suite.json", kDisagreementsMost, wrong);
  compare_trials(stored.trials, again.trials, wrong);
  if (wrong.size() == before && stored.version == OFFLOAD_VERSION)
    wrong.push_back({"suite.json", "", "other text", "the same plan and no other fields"});
}

}  // namespace offload
