#include "campaign/row_lineage.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "campaign/plan.hpp"
#include "core/counted.hpp"
#include "core/error.hpp"
#include "trial/checkpoint.hpp"
#include "trial/tuning.hpp"

namespace offload {
namespace {

std::optional<Lineage> lineage_of(const RowSettings& row) {
  try {
    return read_checkpoint(row.checkpoint).lineage;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

RowLineage row_lineage(const Experiment& experiment, const RowSettings& row) {
  if (row.checkpoint.empty()) return {};
  RowLineage result{"unknown", 0, 0};
  std::set<std::pair<std::string, std::int64_t>> trained;  // data set and episode
  std::set<std::string> sets;
  for (const auto& scenario : experiment.scenarios) sets.insert(scenario->data().sha256);
  const std::optional<Lineage> lineage = lineage_of(row);
  bool same_data = false;
  for (const TrainingStage& stage : lineage ? lineage->stages : std::vector<TrainingStage>()) {
    if (!sets.contains(stage.data_sha256)) continue;
    same_data = true;
    for (const std::int64_t episode : stage.episodes) trained.emplace(stage.data_sha256, episode);
  }
  for (const Split& split : experiment.splits) {
    const EpisodeTable& data = experiment.scenario_of(split).data();
    // What calibrates a margin is not to be learned from either.
    for (const std::vector<std::uint32_t>* unseen : {&split.test, &split.calibration}) {
      for (const std::uint32_t e : *unseen) result.seen_tests += trained.contains({data.sha256, data.id[e]});
      result.tests += static_cast<std::int64_t>(unseen->size());
    }
    if (row.candidates.empty()) continue;
    for (const std::uint32_t e : validation_split(experiment, split).test) {
      result.seen_validation += trained.contains({data.sha256, data.id[e]});
      ++result.validation;
    }
  }
  if (result.seen_tests > 0)
    result.training = "seen";
  else if (lineage && lineage->known)
    result.training = same_data || lineage->stages.empty() ? "unseen" : "other data";
  return result;
}

std::vector<std::string> lineage_refusals(const Plan& plan) {
  std::vector<std::string> refusals;
  const TaskClaim& task = plan.stored.task;
  if (task.name.empty() || !task.altered.empty()) return refusals;
  for (std::size_t r = 0; r < plan.stored.rows.size(); ++r) {
    const RowLineage& lineage = plan.stored.rows[r].lineage;
    const RowSettings& row = plan.experiment.suite.rows[r];
    if (lineage.training != "seen" && lineage.training != "unknown") continue;
    const std::string fact =
        lineage.training == "seen"
            ? fmt::format("was trained on {} of the {}", lineage.seen_tests, counted(lineage.tests, "test"))
            : "does not say what it was trained on";
    refusals.push_back(
        fmt::format("{}: row '{}' starts from {}, which {}; {} tests on unseen episodes: start from another "
                    "checkpoint, or "
                    "give the suite another name",
                    row.checkpoint_place, printable(row.name), printable(row.checkpoint), fact, task.name));
  }
  return refusals;
}

}  // namespace offload
