#include "report/trials/condensed.hpp"

#include <algorithm>
#include <cmath>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "core/statistics/aggregates.hpp"
#include "offload/random.hpp"

namespace offload {
namespace {

constexpr std::array<double, 2> kUnit = {1e9, 1e12};  // budgets are compared in ns and pico-dollars

template <typename Cells>
auto* find_cell(Cells& cells, const std::string& name) {
  const auto found = std::ranges::find(cells, name, &CellResult::cell);
  return found == cells.end() ? nullptr : &*found;
}

bool contains(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// Totals follow from decisions: what an episode consumed is the sum of its actions, each by `consumption`, to
// a rounding per turn. In a world they follow from its table, which `verify` looks them up in.
std::string check_totals(const ReportPlan& plan, const std::vector<std::array<double, 2>>& consumption,
                         const TrialResult& trial, const CellResult& cell) {
  for (std::size_t e = 0; e < cell.decisions.size(); ++e) {
    std::array<double, 2> total = {0, 0};
    int counted = 0;
    for (const std::uint16_t action : cell.decisions[e]) {
      if (action >= plan.consumption.size()) {
        return fmt::format("episode {} of cell '{}' takes action {} of {}", trial.episode_ids[e], cell.cell,
                           action, plan.consumption.size());
      }
      if (++counted > plan.counted_turns) continue;
      for (std::size_t k = 0; k < 2; ++k) total[k] += std::round(consumption[action][k] * kUnit[k]);
    }
    const double turns = static_cast<double>(cell.decisions[e].size());
    if (turns > plan.turns_max) {
      return fmt::format("episode {} has {}, the suite at most {}", trial.episode_ids[e],
                         offload::counted(cell.decisions[e].size(), "turn"), plan.turns_max);
    }
    for (std::size_t k = 0; !plan.world && k < 2; ++k) {
      const double stated = (k == 0 ? cell.latency_s : cell.cost_usd)[e] * kUnit[k];
      if (std::abs(stated - total[k]) > turns + 1e-9 * total[k]) {
        return fmt::format("the {} of episode {} in cell '{}' does not follow from its decisions",
                           k == 0 ? "latency" : "cost", trial.episode_ids[e], cell.cell);
      }
    }
  }
  return {};
}

// Counts by task add up to the decisions.
std::string check_tasks(const ReportPlan& plan, const CellResult& cell) {
  std::vector<std::int64_t> left(plan.consumption.size(), 0);
  if (cell.task_actions.size() != plan.tasks.size()) {
    return fmt::format("cell '{}' counts {}, the data set has {}", cell.cell,
                       counted(cell.task_actions.size(), "task"), plan.tasks.size());
  }
  if (plan.tasks.empty()) return {};
  for (const auto& turns : cell.decisions) {
    for (const std::uint16_t action : turns) ++left[action];
  }
  for (const auto& counts : cell.task_actions) {
    if (counts.size() != left.size()) return fmt::format("cell '{}' counts other actions", cell.cell);
    for (std::size_t a = 0; a < counts.size(); ++a) left[a] -= counts[a];
  }
  const bool even = std::all_of(left.begin(), left.end(), [](std::int64_t count) { return count == 0; });
  return even ? ""
              : fmt::format("the counts by task in cell '{}' do not follow from its decisions", cell.cell);
}

const std::vector<double>& totals(const CellResult& cell, std::size_t budget) {
  return budget == 0 ? cell.latency_s : cell.cost_usd;
}

double budget_of(const ReportCell& cell, std::size_t budget) {
  return budget == 0 ? cell.latency_s : cell.cost_usd;
}

// Excess over the budget in its unit, from the rounded integers; 0 within it.
double excess_of(double total, double limit, std::size_t budget) {
  if (std::isinf(limit)) return 0;
  const double over = std::round(total * kUnit[budget]) - std::round(limit * kUnit[budget]);
  return over > 0 ? over / kUnit[budget] : 0;
}

// What the reference's code calls violation: the mean over violating episodes and, if the first episode
// complied, one 0 more (environment.md 9).
double reference_excess(const ReportCell& planned, const CellResult& cell, std::size_t k,
                        const TestSums& sums) {
  if (sums.violations[k] == 0) return 0;
  const bool first_complied = excess_of(totals(cell, k)[0], budget_of(planned, k), k) == 0;
  return sums.excess[k] / static_cast<double>(sums.violations[k] + first_complied);
}

TestSums sums_of(const ReportCell& planned, const CellResult& cell) {
  TestSums sums;
  for (std::size_t e = 0; e < cell.decisions.size(); ++e) {
    bool violated = false;
    for (std::size_t k = 0; k < 2; ++k) {
      const double total = totals(cell, k)[e], over = excess_of(total, budget_of(planned, k), k);
      sums.total[k] += total;
      sums.excess[k] += over;
      sums.most[k] = std::max(sums.most[k], over);
      sums.violations[k] += over > 0;
      violated = violated || over > 0;
    }
    sums.joint += violated;
    sums.infeasible += cell.flag[e] == EpisodeFlag::infeasible;
    sums.departed += cell.flag[e] == EpisodeFlag::departed;
  }
  sums.runs = 1;
  for (std::size_t k = 0; k < 2; ++k) sums.reference[k] = reference_excess(planned, cell, k, sums);
  return sums;
}

CondensedCell condensed_cell(const ReportPlan& plan, const ReportCell& planned, CellResult cell) {
  CondensedCell result;
  result.sums = sums_of(planned, cell);
  result.mean = {mean_of(cell.latency_s), mean_of(cell.cost_usd)};
  result.action_count.assign(plan.consumption.size(), 0);
  for (std::size_t e = 0; e < cell.decisions.size(); ++e) {
    const bool latency = excess_of(cell.latency_s[e], planned.latency_s, 0) > 0,
               cost = excess_of(cell.cost_usd[e], planned.cost_usd, 1) > 0;
    result.violated.push_back(static_cast<std::uint8_t>((latency ? 1 : 0) | (cost ? 2 : 0)));
    result.decisions = stream(result.decisions, cell.decisions[e].size());
    for (const std::uint16_t action : cell.decisions[e]) result.decisions = stream(result.decisions, action);
    result.turns += static_cast<std::int64_t>(cell.decisions[e].size());
    for (const std::uint16_t action : cell.decisions[e]) ++result.action_count[action];
  }
  result.masked_actions = cell.masked_actions;
  result.task_actions = std::move(cell.task_actions);
  result.scores = std::move(cell.scores);
  result.value = cell.value;
  result.contradictions = cell.contradictions;
  result.margin = std::move(cell.margin);
  result.log = std::move(cell.log);
  if (result.margin) {
    for (CalibrationPass& pass : result.margin->passes) pass.decisions.clear();
  }
  result.per_test = {std::move(cell.latency_s), std::move(cell.cost_usd)};
  return result;
}

}  // namespace

namespace {

std::string contradiction(const ReportPlan& plan, const std::vector<std::array<double, 2>>& consumption,
                          const TrialResult& trial, const std::vector<CellResult>& cells) {
  if (cells.size() != plan.cells.size()) {
    return fmt::format("it has {}, the suite {}", counted(cells.size(), "cell"), plan.cells.size());
  }
  for (const ReportCell& planned : plan.cells) {
    const CellResult* cell = find_cell(cells, planned.name);
    if (!cell) return fmt::format("cell '{}' is missing", planned.name);
    for (const EpisodeScores& s : cell->scores) {
      if (!contains(plan.lenses, s.lens) || !contains(plan.models, s.model)) {
        return fmt::format("'{} / {}' is no lens and model of the suite", s.lens, s.model);
      }
    }
    if (std::string reason = check_totals(plan, consumption, trial, *cell); !reason.empty()) return reason;
    if (std::string reason = check_tasks(plan, *cell); !reason.empty()) return reason;
  }
  return {};
}

}  // namespace

std::string contradiction(const ReportPlan& plan, const TrialResult& trial) {
  if (trial.status == TrialStatus::failed) return {};
  if (std::string reason = contradiction(plan, plan.consumption, trial, trial.cells); !reason.empty())
    return reason;
  if (!std::ranges::equal(trial.drifts, plan.drifts, {}, &DriftResult::name, &ReportDrift::name))
    return "other drifts than the suite's";
  for (std::size_t d = 0; d < plan.drifts.size(); ++d) {
    const DriftResult& drift = trial.drifts[d];
    const std::string reason = contradiction(plan, plan.drifts[d].consumption, trial, drift.cells);
    if (!reason.empty()) return fmt::format("after drift '{}': {}", drift.name, reason);
    if (drift.native.empty() == plan.drifts[d].trained)
      return "other trainings after drifts than the suite's";
    const std::string native = plan.drifts[d].trained
                                   ? contradiction(plan, plan.drifts[d].consumption, trial, drift.native)
                                   : std::string();
    if (!native.empty()) return fmt::format("trained after drift '{}': {}", drift.name, native);
  }
  return {};
}

const EpisodeScores* find_scores(const CondensedCell& cell, const ScoreView& view) {
  const auto found = std::ranges::find_if(
      cell.scores, [&](const EpisodeScores& s) { return s.lens == view.lens && s.model == view.model; });
  return found == cell.scores.end() ? nullptr : &*found;
}

const EpisodeScores& scores_of(const CondensedCell& cell, const ScoreView& view) {
  return *find_scores(cell, view);
}

CondensedTrial condensed(const ReportPlan& plan, TrialResult trial) {
  CondensedTrial result;
  result.origin = std::make_shared<const TrialOrigin>(TrialOrigin{
      trial.plugin_version, trial.plugin_sha256, std::move(trial.parameters), std::move(trial.host)});
  result.episode_ids = std::make_shared<const std::vector<std::int64_t>>(std::move(trial.episode_ids));
  for (const ReportCell& planned : plan.cells) {
    if (trial.status == TrialStatus::failed) break;
    result.cells.push_back(condensed_cell(plan, planned, std::move(*find_cell(trial.cells, planned.name))));
  }
  for (DriftResult& drift : trial.drifts) {
    auto& cells = result.drifts.emplace_back();
    for (const ReportCell& planned : plan.cells)
      cells.push_back(condensed_cell(plan, planned, std::move(*find_cell(drift.cells, planned.name))));
    auto& native = result.natives.emplace_back();
    for (const ReportCell& planned : plan.cells) {
      if (drift.native.empty()) break;
      native.push_back(condensed_cell(plan, planned, std::move(*find_cell(drift.native, planned.name))));
    }
  }
  result.tuning = std::move(trial.tuning);
  result.seed = trial.seed;
  result.status = trial.status;
  result.failure = std::move(trial.failure);
  result.training = std::move(trial.training);
  result.copies = trial.copies;
  result.timing = trial.timing;
  return result;
}

}  // namespace offload
