#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "core/statistics/aggregates.hpp"
#include "report/figures/references.hpp"

namespace offload {
namespace {

std::string reference_contradiction(const ReportPlan& plan, const ReferenceResult& result) {
  if (result.world) {
    const auto same = [](const ReportCell& planned, const WorldCell& cell) {
      return planned.name == cell.cell;
    };
    return std::ranges::equal(plan.cells, result.world->cells, same) ? ""
                                                                     : "it has other cells than the suite";
  }
  if (result.cells.size() != plan.cells.size()) return "it has other cells than the suite";
  for (std::size_t c = 0; c < plan.cells.size(); ++c) {
    if (result.cells[c].cell != plan.cells[c].name) return "it has other cells than the suite";
  }
  return {};
}

// The largest of a mean masked random that S hangs on; 0 where all are exact.
double sampling_error(const MatchedReferences& references) {
  double error = 0;
  for (const ReferenceResult* result : references.split) {
    if (result == nullptr) continue;
    for (const ReferenceCell& cell : result->cells) {
      if (!cell.causal.exact) continue;
      for (const ReferenceScores& scores : cell.scores)
        error = std::max(error, scores.masked_random_standard_error);
    }
  }
  return error;
}

}  // namespace

const ReferenceScores* scores_of(const ReferenceCell& cell, const ScoreView& view) {
  for (const ReferenceScores& s : cell.scores) {
    if (s.lens == view.lens && s.model == view.model) return &s;
  }
  return nullptr;
}

bool MatchedReferences::of_world() const { return complete() && split.front()->world.has_value(); }

bool MatchedReferences::complete() const {
  return !split.empty() && std::find(split.begin(), split.end(), nullptr) == split.end();
}

MatchedReferences match_references(const ReportPlan& plan, const std::vector<ReferenceResult>& results,
                                   const MatchedTrials& trials) {
  MatchedReferences matched;
  matched.split.assign(plan.splits.size(), nullptr);
  std::unordered_map<std::string_view, const PlannedReference*> by_key;
  for (const PlannedReference& reference : plan.references) by_key.emplace(reference.key, &reference);
  const NumberedNames splits(plan.splits);
  for (const ReferenceResult& result : results) {
    const std::string file = "references/" + result.key + ".json";
    const auto planned = by_key.find(result.key);
    const auto split = splits.find(result.split);
    if (planned == by_key.end() || planned->second->split != result.split || !split) {
      matched.left_out.push_back(
          {file, "foreign: the suite plans no reference with this key", planned == by_key.end()});
      continue;
    }
    if (result.status == TrialStatus::failed) {
      matched.warnings.push_back(
          fmt::format("The exact policies of split {} failed: {}.", result.split, result.failure.reason));
      continue;
    }
    const std::size_t at = *split;
    std::string reason = reference_contradiction(plan, result);
    if (!trials.episode_ids[at].empty() && trials.episode_ids[at] != result.episode_ids) {
      reason = "other test episodes than the rows'";
    }
    if (reason.empty()) {
      // Of all trainings on the split.
      const auto trainings = static_cast<std::size_t>(plan.trainings);
      for (std::size_t t = 0; t < trainings; ++t) matched.split[at - at % trainings + t] = &result;
    } else {
      matched.left_out.push_back({file, "contradicts the suite: " + reason});
    }
  }
  const auto missing = std::count(matched.split.begin(), matched.split.end(), nullptr) / plan.trainings;
  if (!plan.references.empty() && missing > 0) {
    matched.warnings.push_back(
        fmt::format("The exact policies of {} of {} are missing: nothing is normalised by them.", missing,
                    counted(plan.splits.size() / static_cast<std::size_t>(plan.trainings), "split")));
  }
  if (const double error = sampling_error(matched); error > 0) {
    matched.warnings.push_back(fmt::format(
        "Masked random, the 0 of S, is sampled where test episodes have too many states: standard "
        "error at most {:.4f} in a cell of a split.",
        error));
  }
  return matched;
}

std::vector<OracleBounds> bounds_of(const ReportPlan& plan, const MatchedReferences& references) {
  std::vector<OracleBounds> bounds;
  for (std::size_t split = 0; split < plan.splits.size(); ++split) {
    const ReferenceResult* result = references.split[split];
    if (result == nullptr) continue;
    for (const ReferenceCell& cell : result->cells) {
      for (const ReferenceScores& s : cell.scores) {
        if (!cell.causal.exact) continue;
        bounds.push_back({{s.lens, s.model},
                          cell.cell,
                          plan.splits[split],
                          {mean_of(s.causal), mean_of(s.masked_random)},
                          s.causal,
                          s.masked_random,
                          static_cast<double>(result->episode_ids.size())});
      }
    }
  }
  return bounds;
}

std::vector<const OracleBounds*> bounds_by_split(const ReportPlan& plan,
                                                 const std::vector<OracleBounds>& bounds,
                                                 const ScoreView& view, const std::string& cell) {
  std::unordered_map<std::string_view, const OracleBounds*> found;  // of several the first
  for (const OracleBounds& b : bounds) {
    if (b.view == view && b.cell == cell) found.emplace(b.split, &b);
  }
  std::vector<const OracleBounds*> by_split;
  for (const std::string& split : plan.splits) {
    const auto own = found.find(split);
    by_split.push_back(own == found.end() ? nullptr : own->second);
  }
  return by_split;
}

std::vector<std::optional<CellBounds>> mean_bounds(const ReportPlan& plan,
                                                   const std::vector<OracleBounds>& bounds,
                                                   const ScoreView& view) {
  std::vector<std::optional<CellBounds>> means(plan.cells.size());
  for (std::size_t c = 0; c < plan.cells.size(); ++c) {
    const auto of_cell = [&](const OracleBounds& b) {
      return b.view == view && b.cell == plan.cells[c].name;
    };
    double tests = 0, count = 0;
    for (const OracleBounds& b : bounds) {
      if (of_cell(b)) tests += b.tests, ++count;
    }
    if (count == 0 || count != static_cast<double>(plan.splits.size())) continue;
    CellBounds sum;
    for (const OracleBounds& b : bounds) {
      if (!of_cell(b)) continue;
      const double weight = b.tests / (tests / count);
      sum.causal += weight * b.bounds.causal;
      sum.masked_random += weight * b.bounds.masked_random;
    }
    means[c] = CellBounds{sum.causal / count, sum.masked_random / count};
  }
  return means;
}

namespace {

// Null where there is none.
nlohmann::json member(const nlohmann::json& object, const char* name) {
  return object.is_object() ? object.value(name, nlohmann::json()) : nlohmann::json();
}

nlohmann::json resolved(const ReportPlan& plan) {
  return nlohmann::json::parse(plan.resolved_suite, nullptr, false);
}

std::optional<ScoreView> training_view(const nlohmann::json& resolved_suite) {
  const nlohmann::json model = member(member(resolved_suite, "environment"), "response_model");
  return model.is_string() ? std::optional(ScoreView{"simulator", model.get<std::string>()}) : std::nullopt;
}

}  // namespace

std::optional<ScoreView> training_view(const ReportPlan& plan) { return training_view(resolved(plan)); }

std::string planned_elsewhere(const nlohmann::json& resolved_suite, const ScoreView& view) {
  const std::optional<ScoreView> training = training_view(resolved_suite);
  if (!training) return {};
  const std::string planned = "planned on " + training->name();
  const nlohmann::json quirks = member(member(resolved_suite, "environment"), "quirks");
  // Quirks of the reference under which the simulator scores otherwise than the agent was trained.
  for (const char* quirk :
       {"evaluation_model_on_test", "raw_evaluation_association", "totals_within_window"}) {
    if (member(quirks, quirk) == true) return planned + " without " + quirk;
  }
  return view == *training ? "" : planned;
}

bool planned_on(const ReportPlan& plan, const ScoreView& view) {
  return planned_elsewhere(resolved(plan), view).empty();
}

std::string reference_name(const ReportPlan& plan, const ReferenceRow& row, const ScoreView& view) {
  const std::string planned =
      row.name == kCausalOracle ? planned_elsewhere(resolved(plan), view) : std::string();
  return planned.empty() ? row.name : fmt::format("{} ({})", row.name, planned);
}

std::vector<std::optional<CellBounds>> scoring_bounds(const ReportPlan& plan,
                                                      const std::vector<OracleBounds>& bounds,
                                                      const ScoreView& view) {
  if (planned_on(plan, view)) return mean_bounds(plan, bounds, view);
  return std::vector<std::optional<CellBounds>>(plan.cells.size());
}

}  // namespace offload
