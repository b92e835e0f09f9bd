#include "report/boards/reference_figures.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/error.hpp"
#include "core/statistics/aggregates.hpp"
#include "core/statistics/tests.hpp"
#include "offload/random.hpp"
#include "report/boards/opponents.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

class ReferenceBuilder {
 public:
  ReferenceBuilder(const ReportPlan& plan, const MatchedTrials& trials, const TestSeries& tests,
                   const MatchedReferences& references, const std::vector<RowFigures>& rows,
                   const std::vector<OracleBounds>& bounds)
      : plan_(plan), trials_(trials), tests_(tests), references_(references), rows_(rows), bounds_(bounds) {}

  ReferenceFigures build() {
    ReferenceFigures figures;
    if (!references_.complete() || references_.of_world()) return figures;
    for (std::size_t c = 0; c < plan_.cells.size(); ++c) figures.causal.push_back(causal(c));
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      std::vector<RowValue> cells;
      for (std::size_t c = 0; c < plan_.cells.size(); ++c) cells.push_back(value(row, c, figures.causal[c]));
      figures.value.push_back(mean_value(cells));
      figures.cell_value.push_back(std::move(cells));
    }
    for (std::size_t v = 0; v < trials_.views.size(); ++v) figures.view.push_back(view_references(v));
    for (const ReferenceResult* result : references_.split) {
      if (figures.calibration.empty()) figures.calibration = result->calibration;
    }
    return figures;
  }

 private:
  template <typename Get>
  double over_splits(const Get& get) const {
    std::vector<double> values;
    for (const ReferenceResult* result : references_.split) values.push_back(get(*result));
    return mean_of(values);
  }
  // Of figures of the test episodes: splits count by their number, as in the rows' figures.
  template <typename Get>
  double over_tests(const Get& get) const {
    const double tests = over_splits([](const auto& r) { return static_cast<double>(r.episode_ids.size()); });
    return over_splits(
        [&](const auto& r) { return static_cast<double>(r.episode_ids.size()) / tests * get(r); });
  }

  CausalFigures causal(std::size_t c) const {
    CausalFigures figures;
    figures.exact = true;
    for (const ReferenceResult* result : references_.split) {
      const CausalCell& cell = result->cells[c].causal;
      if (!cell.exact && figures.exact) figures.reason = cell.inexact_reason;
      figures.exact = figures.exact && cell.exact;
    }
    figures.lower = over_splits([c](const auto& r) { return r.cells[c].causal.lower; });
    figures.upper = over_splits([c](const auto& r) { return r.cells[c].causal.upper; });
    figures.masked_random = over_splits([c](const auto& r) { return r.cells[c].causal.masked_random.value; });
    const double runs = static_cast<double>(references_.split.size());
    const auto variance = [c](const auto& r) {
      const double error = r.cells[c].causal.masked_random.standard_error;
      return error * error;
    };
    figures.masked_random_standard_error = std::sqrt(over_splits(variance) / runs);
    return figures;
  }

  RowValue value(std::size_t row, std::size_t c, const CausalFigures& causal) const {
    RowValue result;
    const double share = 1 / static_cast<double>(plan_.splits.size());
    for (std::size_t split = 0; split < plan_.splits.size(); ++split) {
      const auto trial = trials_.finished(row, split);
      if (!trial) return {};
      const auto& policy = trial->cells[c].value;
      if (!policy) return {};
      result.value += share * policy->value;
      result.violation_probability += share * policy->violation_probability;
      result.masked_actions += share * policy->masked_actions;
    }
    result.known = true;
    result.bounded = result.violation_probability == 0 && result.masked_actions == 0;
    if (causal.exact && causal.upper > 0) result.causal_share = result.value / causal.upper;
    return result;
  }

  static RowValue mean_value(const std::vector<RowValue>& cells) {
    RowValue mean;
    mean.known = mean.bounded = true;
    mean.causal_share = 0;
    const double share = 1 / static_cast<double>(cells.size());
    for (const RowValue& cell : cells) {
      if (!cell.known) return {};
      mean.value += share * cell.value;
      mean.violation_probability += share * cell.violation_probability;
      mean.masked_actions += share * cell.masked_actions;
      mean.bounded = mean.bounded && cell.bounded;
      if (mean.causal_share && cell.causal_share) {
        *mean.causal_share += share * *cell.causal_share;
      } else {
        mean.causal_share.reset();
      }
    }
    return mean;
  }

  // Mean over the tests of one list of a cell's scores.
  double reward(const ScoreView& view, std::size_t c, std::vector<double> ReferenceScores::*list) const {
    return over_tests([&](const ReferenceResult& result) {
      const ReferenceScores* scores = scores_of(result.cells[c], view);
      return scores == nullptr ? kNan : mean_of(scores->*list);
    });
  }

  double hindsight(const ScoreView& view, std::size_t c) const {
    for (const ReferenceResult* result : references_.split) {
      const ReferenceScores* scores = scores_of(result->cells[c], view);
      if (scores == nullptr || !scores->hindsight_exact) return kNan;
    }
    return reward(view, c, &ReferenceScores::hindsight);
  }

  double unlimited(const ScoreView& view) const {
    return over_tests([&](const ReferenceResult& result) {
      for (const UnlimitedHindsight& u : result.unlimited) {
        if (u.lens == view.lens && u.model == view.model && u.exact) return mean_of(u.reward);
      }
      return kNan;
    });
  }

  template <typename Reward>
  ReferenceRow reference_row(const ScoreView& view, std::string name, const Reward& reward_of) const {
    ReferenceRow row{std::move(name), {}, {}, 0, std::nullopt, {kNan, kNan}};
    const auto bounds = scoring_bounds(plan_, bounds_, view);
    double score = 0, scored = 0;
    for (std::size_t c = 0; c < plan_.cells.size(); ++c) {
      row.cell_reward.push_back(reward_of(c));
      std::optional<double> s;
      if (std::isfinite(row.cell_reward[c])) s = normalised_score(row.cell_reward[c], bounds[c]);
      if (s) score += *s, ++scored;
      row.cell_score.push_back(s);
    }
    row.reward = mean_of(row.cell_reward);
    if (scored > 0 && std::isfinite(row.reward)) row.score = score / scored;
    return row;
  }

  template <typename Latency, typename Cost>
  void set_consumption(ReferenceRow& row, const Latency& latency, const Cost& cost) const {
    std::vector<double> latencies, costs;
    for (std::size_t c = 0; c < plan_.cells.size(); ++c) {
      latencies.push_back(over_tests([&](const ReferenceResult& r) { return latency(r.cells[c]); }));
      costs.push_back(over_tests([&](const ReferenceResult& r) { return cost(r.cells[c]); }));
    }
    row.per_episode = {mean_of(latencies), mean_of(costs)};
  }

  ViewReferences view_references(std::size_t v) const {
    const ScoreView& view = trials_.views[v];
    ViewReferences result;
    result.rows.push_back(
        reference_row(view, "hindsight oracle", [&](std::size_t c) { return hindsight(view, c); }));
    result.rows.push_back(reference_row(
        view, kCausalOracle, [&](std::size_t c) { return reward(view, c, &ReferenceScores::causal); }));
    set_consumption(
        result.rows.back(), [](const ReferenceCell& c) { return c.causal_latency_s; },
        [](const ReferenceCell& c) { return c.causal_cost_usd; });
    result.rows.push_back(reference_row(
        view, "best constant", [&](std::size_t c) { return reward(view, c, &ReferenceScores::constant); }));
    set_consumption(
        result.rows.back(), [](const ReferenceCell& c) { return c.constant.latency_s_per_episode; },
        [](const ReferenceCell& c) { return c.constant.cost_usd_per_episode; });
    result.rows.push_back(reference_row(view, "masked random", [&](std::size_t c) {
      return reward(view, c, &ReferenceScores::masked_random);
    }));
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      result.regret.push_back(regret(v, row, result.rows));
      result.mix.push_back(against_mix(trials_, tests_, v, row, plan_.cells.size()));
      result.cell_opponents.push_back(
          cell_opponents(trials_, tests_, references_, v, row, plan_.cells.size()));
    }
    return result;
  }

  std::optional<RowRegret> regret(std::size_t v, std::size_t row,
                                  const std::vector<ReferenceRow>& references) const {
    if (rows_[row].status != RowStatus::complete) return std::nullopt;
    RowRegret sum;
    sum.learning = 0;
    const double open = unlimited(trials_.views[v]), share = 1 / static_cast<double>(plan_.cells.size());
    for (std::size_t c = 0; c < plan_.cells.size(); ++c) {
      const CellFigures& cell = rows_[row].cell[c];
      const Regret parts =
          split_regret(open, references[0].cell_reward[c], references[1].cell_reward[c], cell.view[v].reward);
      sum.constraint += share * parts.constraint;
      sum.foresight += share * parts.foresight;
      if (sum.learning && cell.joint.count == 0) {
        *sum.learning += share * parts.learning;
      } else {
        sum.learning.reset();
      }
    }
    if (!std::isfinite(sum.constraint) || !std::isfinite(sum.foresight)) return std::nullopt;
    return sum;
  }

  const ReportPlan& plan_;
  const MatchedTrials& trials_;
  const TestSeries& tests_;
  const MatchedReferences& references_;
  const std::vector<RowFigures>& rows_;
  const std::vector<OracleBounds>& bounds_;
};

}  // namespace

ReferenceFigures reference_figures(const ReportPlan& plan, const MatchedTrials& trials,
                                   const TestSeries& tests, const MatchedReferences& references,
                                   const std::vector<RowFigures>& rows,
                                   const std::vector<OracleBounds>& bounds) {
  return ReferenceBuilder(plan, trials, tests, references, rows, bounds).build();
}

std::string calibration_sentence(const ModelCalibration& model) {
  return fmt::format("{}: out-of-episode R2 {}; {}", model.model, text::fixed(model.figures.r2, 3),
                     model.figures.uncalibrated()
                         ? "uncalibrated: an optimisation game, no claim about real conversations"
                         : "predicts better than the mean");
}

std::string share_text(const RowValue& value) {
  if (!value.causal_share) return "-";
  return fmt::format("{:.1f} %{}", 100 * *value.causal_share, value.bounded ? "" : "*");
}

}  // namespace offload
