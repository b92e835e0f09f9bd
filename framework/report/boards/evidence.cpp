#include "report/boards/evidence.hpp"

#include <algorithm>

#include "report/boards/claimed_figures.hpp"

namespace offload {

Evidence evidence_of(const ReportPlan& plan, const MatchedTrials& matched, const TestSeries& tests,
                     std::optional<std::size_t> headline) {
  Evidence evidence{tests.rule(), tests.design(), tests.run_names(), tests.episode_ids(), matched.views, {}};
  const std::size_t numbers = plan.rows.size() * tests.design().tests();
  if (numbers * (matched.views.size() + 1) > kEvidenceMost) {
    evidence.views.clear();
    if (headline) evidence.views.push_back(matched.views[*headline]);
  }
  if (numbers * (evidence.views.size() + 1) > kEvidenceMost) return evidence;
  for (std::size_t row = 0; row < plan.rows.size(); ++row) {
    if (matched.has_finished(row)) evidence.rows.push_back(row);
  }
  return evidence;
}

EvidenceRow evidence_row(const Report& report, const TestSeries& tests, std::size_t row) {
  const std::size_t cells = report.plan.cells.size();
  EvidenceRow evidence{report.plan.rows[row].name, {}, joint_violations(tests, row, cells)};
  for (const ScoreView& view : report.evidence.views) {
    const auto at = std::ranges::find(report.views, view) - report.views.begin();
    evidence.reward.push_back(tests.of_row(row, 0, cells, rewards_under(static_cast<std::size_t>(at))));
  }
  return evidence;
}

}  // namespace offload
