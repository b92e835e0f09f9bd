// Results folders whose differences are known, for comparisons.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "report/comparison/comparison.hpp"
#include "report/report.hpp"
#include "unit/report/example.hpp"

namespace offload::two_results {

inline constexpr int kEpisodes = 12;

// Twelve episodes in each of two runs; every episode takes one text turn.
inline TrialResult trial_of(const ReportPlan& plan, const PlannedTrial& planned) {
  TrialResult trial = example::trial(plan, planned.row, planned.split);
  trial.episode_ids.clear();
  std::vector<std::vector<std::uint16_t>> decisions;
  std::vector<double> reward;
  for (int e = 0; e < kEpisodes; ++e) {
    trial.episode_ids.push_back(e);
    decisions.push_back({1});
    reward.push_back(1 + .125 * e);
  }
  trial.cells = {example::cell(plan, "open", decisions, reward),
                 example::cell(plan, "tight", decisions, reward)};
  return trial;
}

using Change = std::function<void(ReportPlan&, StoreContents&)>;

inline void write_results(const std::filesystem::path& folder, const Change& change = {}) {
  ReportPlan plan = example::plan();
  StoreContents contents;
  for (const PlannedTrial& planned : plan.trials) contents.trials.push_back(trial_of(plan, planned));
  if (change) change(plan, contents);
  const Store store(folder);
  store.write_plan(plan);
  for (const TrialResult& trial : contents.trials) store.write_trial(trial);
  write_report(folder, make_report(plan, contents));
}

// Adds `amount` to the rewards of row bold in the tight cell, three quarters and five quarters of it in turn.
inline Change shifted(double amount) {
  return [amount](ReportPlan&, StoreContents& contents) {
    for (TrialResult& trial : contents.trials) {
      if (trial.row != "bold") continue;
      std::vector<double>& rewards = trial.cells[1].scores[0].reward;
      for (std::size_t e = 0; e < rewards.size(); ++e) rewards[e] += amount * (e % 2 == 0 ? .75 : 1.25);
    }
  };
}

inline ComparisonLine line_of(const Comparison& comparison, const std::string& measure,
                              const std::string& cell, const std::string& row) {
  for (const ComparisonLine& line : comparison.lines) {
    if (line.measure == measure && line.cell == cell && line.row == row) return line;
  }
  throw std::runtime_error("no such line");
}

inline constexpr const char* kReward = "reward: simulator / knn";

}  // namespace offload::two_results
