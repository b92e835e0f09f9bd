// The trials of a report in their places: checked against the plan, one per row and split.
#pragma once

#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "report/figures/condensed.hpp"
#include "report/figures/report.hpp"
#include "results/joining/joining.hpp"
#include "results/result_reading.hpp"

namespace offload {

struct MatchedTrials {
  // [rows][splits]; null: has not run or was left out
  std::vector<std::vector<std::unique_ptr<CondensedTrial>>> trial;
  std::vector<std::vector<std::int64_t>> episode_ids;  // [splits]; empty without a finished trial
  std::vector<ScoreView> views;
  std::vector<LeftOut> left_out;

  // The finished trial, or null.
  const CondensedTrial* finished(std::size_t row, std::size_t split) const {
    const CondensedTrial* t = trial[row][split].get();
    return t && t->status == TrialStatus::ok ? t : nullptr;
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
  struct Place {
    std::size_t row = 0, split = 0;
  };

  void leave_out(const std::string& key, std::string reason);
  void drop(std::size_t row, std::size_t split, const std::string& reason);
  void agree_on_episodes();
  void agree_on_views();
  template <typename Visit>
  void each_finished(const Visit& visit) const;

  const ReportPlan& plan_;
  std::unordered_map<std::string_view, Place> planned_;  // by key
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
                             const JoinedKeys& joined = {});

}  // namespace offload
