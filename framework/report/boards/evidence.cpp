#include "report/boards/evidence.hpp"

#include "report/boards/claimed_figures.hpp"

namespace offload {

Evidence evidence_of(const ReportPlan& plan, const MatchedTrials& matched, const TestSeries& tests,
                     std::optional<std::size_t> headline) {
  Evidence evidence{tests.rule(), tests.design(), tests.run_names(), tests.episode_ids(), matched.views, {}};
  const std::size_t cells = plan.cells.size(), numbers = plan.rows.size() * tests.design().tests();
  if (numbers * (matched.views.size() + 1) > kEvidenceMost) {
    evidence.views.clear();
    if (headline) evidence.views.push_back(matched.views[*headline]);
  }
  if (numbers * (evidence.views.size() + 1) > kEvidenceMost) return evidence;
  for (std::size_t row = 0; row < plan.rows.size(); ++row) {
    bool finished = false;
    for (std::size_t split = 0; split < plan.splits.size(); ++split)
      finished = finished || matched.has_finished(row, split);
    if (!finished) continue;
    EvidenceRow& kept = evidence.rows.emplace_back();
    kept.row = plan.rows[row].name;
    for (const ScoreView& view : evidence.views)
      kept.reward.push_back(tests.of_row(row, 0, cells, rewards_under(view)));
    kept.violation = joint_violations(tests, row, cells);
  }
  return evidence;
}

}  // namespace offload
