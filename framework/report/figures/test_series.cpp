#include "report/figures/test_series.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/statistics/aggregates.hpp"

namespace offload {
namespace {

// Of one split's trainings: where there is but one split, its trainings are the runs.
std::size_t run_of(const ReportPlan& plan, std::size_t split) {
  const auto trainings = static_cast<std::size_t>(plan.trainings);
  return plan.splits.size() == trainings ? split : split / trainings;
}

ClaimRule rule_of(const ReportPlan& plan, const MatchedTrials& matched, std::size_t runs) {
  ClaimRule rule;
  rule.runs_have_data = plan.fresh_data;
  const auto& first = matched.episode_ids.front();
  rule.one_training_set =
      runs > 1 && !plan.fresh_data &&
      std::ranges::all_of(matched.episode_ids, [&](const auto& ids) { return ids.empty() || ids == first; });
  rule.claim = runs < 2 ? Claim::policies : rule.runs_have_data ? Claim::fresh_data : Claim::method;
  return rule;
}

}  // namespace

TestSeries::TestSeries(const ReportPlan& plan, const MatchedTrials& matched)
    : plan_(plan), matched_(matched) {
  std::map<std::pair<std::size_t, std::int64_t>, std::uint32_t> episodes, tests;
  for (std::size_t split = 0; split < plan.splits.size(); ++split) {
    const std::size_t run = run_of(plan, split);
    std::vector<std::uint32_t>& of_split = test_.emplace_back();
    for (const std::int64_t id : matched.episode_ids[split]) {
      // Data sets of different runs have nothing in common but the numbers of their episodes.
      const auto [found, unseen] = episodes.emplace(std::pair(plan.fresh_data ? run : 0, id),
                                                    static_cast<std::uint32_t>(episodes.size()));
      if (unseen) episode_ids_.push_back(id);
      const std::uint32_t episode = found->second;
      const auto [test, fresh] =
          tests.emplace(std::pair(run, std::int64_t{episode}), static_cast<std::uint32_t>(tests.size()));
      if (fresh) {
        design_.run.push_back(static_cast<std::uint32_t>(run));
        design_.episode.push_back(episode);
      }
      of_split.push_back(test->second);
    }
    design_.runs = run + 1;
  }
  design_.episodes = episodes.size();
  rule_ = rule_of(plan, matched, design_.runs);
}

std::vector<std::string> TestSeries::run_names() const {
  std::vector<std::string> names;
  for (std::size_t split = 0; split < plan_.splits.size(); ++split) {
    if (run_of(plan_, split) == names.size()) names.push_back(plan_.splits[split]);
  }
  return names;
}

std::vector<double> TestSeries::gathered(
    const std::function<std::span<const double>(std::size_t split)>& values_of) const {
  std::vector<double> sum(design_.tests(), 0.0), count(design_.tests(), 0.0);
  for (std::size_t split = 0; split < test_.size(); ++split) {
    const std::span<const double> values = values_of(split);
    if (values.size() != test_[split].size()) continue;
    for (std::size_t e = 0; e < values.size(); ++e) {
      sum[test_[split][e]] += values[e];
      ++count[test_[split][e]];
    }
  }
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = count[i] > 0 ? sum[i] / count[i] : kNan;
  return sum;
}

std::vector<double> TestSeries::gathered(const RowColumns& row, const std::vector<double>& column) const {
  return gathered([&](std::size_t split) { return row.of_split(column, split); });
}

std::vector<double> TestSeries::of_row(std::size_t row, std::size_t first, std::size_t end,
                                       const TestValues& values) const {
  if (!matched_.has_finished(row)) return std::vector<double>(design_.tests(), kNan);
  const auto columns = matched_.trials.columns(row);
  std::vector<double> mean(design_.tests(), 0.0);
  for (std::size_t c = first; c < end; ++c) {
    const std::vector<double> of_cell = gathered(*columns, values(columns->cells[c]));
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += of_cell[i];
  }
  const double cells = static_cast<double>(end - first);
  for (double& value : mean) value /= cells;
  return mean;
}

TestValues rewards_under(std::size_t view) {
  return [view](const CellColumns& cell) -> const std::vector<double>& { return cell.view[view].reward; };
}

}  // namespace offload
