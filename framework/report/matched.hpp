// The trials of a report in their places: checked against the plan, one per row and split.
#pragma once

#include <vector>

#include "report/report.hpp"

namespace offload {

struct MatchedTrials {
  std::vector<std::vector<const TrialResult*>> trial;  // [rows][splits]; null: has not run or was left out
  std::vector<std::vector<std::int64_t>> episode_ids;  // [splits]; empty without a finished trial
  std::vector<ScoreView> views;
  std::vector<LeftOut> left_out;

  // The finished trial, or null.
  const TrialResult* finished(std::size_t row, std::size_t split) const {
    const TrialResult* t = trial[row][split];
    return t && t->status == TrialStatus::ok ? t : nullptr;
  }
};

// `contents` outlives the result.
MatchedTrials match_trials(const ReportPlan& plan, const StoreContents& contents);

// Scores of a cell under a view; the trial was matched, so they exist.
const EpisodeScores& scores_of(const CellResult& cell, const ScoreView& view);

// The cell of a matched trial.
const CellResult& cell_of(const TrialResult& trial, const std::string& name);

}  // namespace offload
