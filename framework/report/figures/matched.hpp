// The trials of a report in their places: checked against the plan, one per row and split.
#pragma once

#include <optional>
#include <vector>

#include "report/figures/report.hpp"
#include "report/trials/condensed.hpp"
#include "report/trials/trial_store.hpp"
#include "results/joining/joining.hpp"
#include "results/result_reading.hpp"

namespace offload {

struct MatchedTrials {
  TrialStore trials;
  std::vector<std::uint32_t> row, split;               // by the numbers that the plan's trials have for them
  std::vector<std::vector<std::int64_t>> episode_ids;  // [splits]; empty without a finished trial
  std::vector<ScoreView> views;
  std::vector<LeftOut> left_out;

  // Where one of the plan's trials belongs.
  TrialPlace place(const ReportPlan& plan, std::size_t trial) const {
    const TrialPlace numbers = plan.trials.place(trial);
    return {row[numbers.row], split[numbers.split]};
  }
  bool has_finished(std::size_t row, std::size_t split) const { return trials.has_finished(row, split); }
  bool has_finished(std::size_t row) const;  // on any split
  // The finished trial, unpacked anew by every call; empty without one.
  std::optional<CondensedTrial> finished(std::size_t row, std::size_t split) const {
    return has_finished(row, split) ? std::optional(trials.unpacked(row, split)) : std::nullopt;
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
  std::vector<CellViews> views_;  // their indices are labels of the store's trials
  MatchedTrials matched_;
};

// What there is of one plan, or of several that were joined in it.
struct MatchedResults {
  MatchedTrials trials;
  std::vector<ReferenceResult> references;
};
MatchedResults match_results(const ReportPlan& plan, const ResultSource& source,
                             const StoredRows& stored_row = {});

}  // namespace offload
