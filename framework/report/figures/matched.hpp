// The trials of a report in their places: checked against the plan, one per row and split.
#pragma once

#include <vector>

#include "report/figures/report.hpp"
#include "report/trials/condensed.hpp"
#include "report/trials/trial_store.hpp"
#include "results/joining/joining.hpp"
#include "results/result_reading.hpp"

namespace offload {

// Where a planned trial belongs.
struct TrialPlace {
  std::uint32_t row = 0, split = 0;
};

struct MatchedTrials {
  TrialStore trials;
  std::vector<TrialPlace> place;                       // [trials of the plan]
  std::vector<std::vector<std::int64_t>> episode_ids;  // [splits]; empty without a finished trial
  std::vector<ScoreView> views;
  std::vector<LeftOut> left_out;

  bool has_finished(std::size_t row, std::size_t split) const {
    const TrialHead& head = trials.head(row, split);
    return head.present && head.status == TrialStatus::ok;
  }
  // The finished trial, or null; as long as TrialStore::trial says.
  const CondensedTrial* finished(std::size_t row, std::size_t split) const {
    return has_finished(row, split) ? &trials.trial(row, split) : nullptr;
  }
};

// Takes trials one by one, in any order; the plan outlives it.
class TrialMatcher {
 public:
  explicit TrialMatcher(const ReportPlan& plan);
  void add(TrialResult trial);
  // Of a planned trial.
  const std::string& row_of(const std::string& key) const;
  // Once, after the last; `left_out` names files that held no result.
  MatchedTrials take(std::vector<LeftOut> left_out);

 private:
  // Under which lenses and models a trial has scores, by cell, drift by drift; many agree.
  using CellViews = std::vector<std::vector<ScoreView>>;

  std::uint32_t views_of(const CondensedTrial& trial);
  std::string behind_cell(std::size_t i) const;
  std::string lacking(const CellViews& views) const;
  void leave_out(const std::string& key, std::string reason);
  void drop(std::size_t row, std::size_t split, const std::string& reason);
  void agree_on_episodes();
  void agree_on_views();

  const ReportPlan& plan_;
  TrialsByKey planned_;
  struct Added {
    std::uint32_t planned = 0, views = 0;  // indices of the plan's trial and of `views_`
  };
  std::vector<std::vector<Added>> added_;  // [rows][splits]
  std::vector<CellViews> views_;
  // What the trials of a row, and of a split, most likely share.
  std::vector<std::shared_ptr<const TrialOrigin>> origin_;
  std::vector<std::shared_ptr<const std::vector<std::int64_t>>> episode_ids_;
  MatchedTrials matched_;
};

// Scores of a cell under a view; the trial was matched, so they exist.
const EpisodeScores& scores_of(const CondensedCell& cell, const ScoreView& view);

// What there is of one plan, or of several that were joined in it.
struct MatchedResults {
  MatchedTrials trials;
  std::vector<ReferenceResult> references;
};
MatchedResults match_results(const ReportPlan& plan, const ResultSource& source,
                             const StoredRows& stored_row = {});

}  // namespace offload
