#include "report/boards/log_verdicts.hpp"

#include <cmath>
#include <optional>
#include <set>

namespace offload {
namespace {

constexpr double kTwoSidedLevel = 1.959963984540054;

std::optional<LogVerdict> log_verdict_of(const MatchedTrials& matched, std::size_t row, std::size_t split,
                                         std::size_t cell) {
  const auto trial = matched.finished(row, split);
  return trial ? trial->cells[cell].log : std::nullopt;
}

void add_log_value(const LogVerdict& verdict, std::size_t estimator, LogEstimate& sum) {
  const BlockMean truth = block_mean(verdict.truth, verdict.queries),
                  said = block_mean(verdict.said[estimator], verdict.queries);
  const double error = said.value - truth.value;
  ++sum.values;
  sum.truth += truth.value;
  sum.said += said.value;
  sum.bias += error;
  sum.rmse += error * error;
  sum.holds += std::abs(error) <= kTwoSidedLevel * said.standard_error ? 1 : 0;
}

void add_log_pair(const LogVerdict& a, const LogVerdict& b, std::size_t estimator, LogEstimate& sum) {
  const BlockMean truth = block_difference(a.truth, b.truth, a.queries);
  if (!(std::abs(truth.value) > kTwoSidedLevel * truth.standard_error)) return;
  const BlockMean said = block_difference(a.said[estimator], b.said[estimator], a.queries);
  const bool right = truth.value * said.value > 0,
             sure = std::abs(said.value) > kTwoSidedLevel * said.standard_error;
  ++sum.pairs;
  sum.right += right;
  sum.sure += sure;
  sum.sure_and_wrong += sure && !right;
}

void finish_log(LogEstimate& sum) {
  if (sum.values == 0) return;
  const auto n = static_cast<double>(sum.values);
  for (double* figure : {&sum.truth, &sum.said, &sum.bias, &sum.rmse, &sum.holds}) *figure /= n;
  sum.rmse = std::sqrt(sum.rmse);
}

LogCell log_cell(const ReportPlan& plan, const MatchedTrials& matched, std::size_t cell) {
  LogCell figures;
  figures.row.resize(plan.rows.size());
  for (std::size_t split = 0; split < plan.splits.size(); ++split) {
    std::vector<std::optional<LogVerdict>> of_row;
    for (std::size_t row = 0; row < plan.rows.size(); ++row)
      of_row.push_back(log_verdict_of(matched, row, split, cell));
    for (std::size_t row = 0; row < plan.rows.size(); ++row) {
      const std::optional<LogVerdict>& own = of_row[row];
      if (!own) continue;
      std::int64_t queries = 0;
      for (const std::int64_t of_block : own->queries) queries += of_block;
      figures.row[row].effective_share += own->effective_sample_size / static_cast<double>(queries);
      for (std::size_t e = 0; e < kLogEstimators; ++e) {
        add_log_value(*own, e, figures.estimate[e]);
        add_log_value(*own, e, figures.row[row].estimate[e]);
        for (std::size_t other = row + 1; other < plan.rows.size(); ++other) {
          const std::optional<LogVerdict>& its = of_row[other];
          if (its && its->queries == own->queries) add_log_pair(*own, *its, e, figures.estimate[e]);
        }
      }
    }
  }
  for (LogEstimate& estimate : figures.estimate) finish_log(estimate);
  for (LogRow& row : figures.row) {
    if (row.estimate[0].values > 0) row.effective_share /= static_cast<double>(row.estimate[0].values);
    for (LogEstimate& estimate : row.estimate) finish_log(estimate);
  }
  return figures;
}

}  // namespace

LogFigures log_figures(const ReportPlan& plan, const MatchedTrials& matched) {
  LogFigures figures;
  if (plan.log_policy.empty()) return figures;
  std::set<std::size_t> cuts;
  for (std::size_t split = 0; split < plan.splits.size(); ++split) {
    for (std::size_t row = 0; row < plan.rows.size(); ++row) {
      if (log_verdict_of(matched, row, split, 0))
        cuts.insert(split / static_cast<std::size_t>(plan.trainings));
    }
  }
  figures.logs = static_cast<std::int64_t>(cuts.size());
  for (std::size_t cell = 0; !cuts.empty() && cell < plan.cells.size(); ++cell)
    figures.cell.push_back(log_cell(plan, matched, cell));
  return figures;
}

}  // namespace offload
