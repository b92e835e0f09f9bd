// A results folder small enough to compute every figure of its report by hand: two rows, two cells, three
// episodes, two splits and three actions. Row "bold" breaks the tight cell's latency budget in one episode.
#pragma once

#include <filesystem>
#include <limits>
#include <string>

#include "results/plan/report_plan.hpp"
#include "results/store.hpp"
#include "results/trial_result.hpp"
#include "temporary_folder.hpp"

namespace offload::example {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

inline std::string key(const std::string& row, const std::string& split) { return row + "-" + split; }

// Actions: local (1 s, free), text (4 s, .002 USD), one image (8 s, .01 USD).
inline ReportPlan plan() {
  ReportPlan plan;
  plan.suite = "example";
  plan.description = "Two rows by hand.";
  plan.data_source = "synthetic:15";
  plan.data_sha256 = std::string(64, 'a');
  plan.data_episodes = 15;
  plan.data_turns = 40;
  plan.profile = "paper, Jetson TX2, Wired";
  plan.cells = {{"open", kInfinity, kInfinity}, {"tight", 12, .012}};
  plan.lenses = {"simulator"};
  plan.models = {"knn"};
  plan.rows = {{"bold", "greedy", "takes the best answer"}, {"careful", "constant", "stays inside"}};
  plan.splits = {"s0", "s1"};
  plan.turns_max = 3;
  plan.counted_turns = 3;
  plan.consumption = {{1, 0}, {4, .002}, {8, .01}};
  plan.seeds = {0, 1};
  plan.version = "0.1.0";
  for (const ReportRow& row : plan.rows) {
    for (const std::string& split : plan.splits)
      plan.trials.push_back({row.name, split, key(row.name, split)});
  }
  plan.resolved_suite = R"({"suite":{"name":"example"}})";
  return plan;
}

// A cell whose totals follow from its decisions.
inline CellResult cell(const ReportPlan& plan, std::string name,
                       std::vector<std::vector<std::uint16_t>> decisions, std::vector<double> reward) {
  CellResult result;
  result.cell = std::move(name);
  for (const auto& turns : decisions) {
    double latency_s = 0, cost_usd = 0;
    for (const std::uint16_t action : turns) {
      latency_s += plan.consumption[action][0];
      cost_usd += plan.consumption[action][1];
    }
    result.latency_s.push_back(latency_s);
    result.cost_usd.push_back(cost_usd);
    result.flag.push_back(EpisodeFlag::none);
  }
  result.decisions = std::move(decisions);
  for (const std::string& lens : plan.lenses) {
    for (const std::string& model : plan.models) {
      std::vector<double> quality, association(reward.size(), .5);
      for (const double r : reward) quality.push_back(r + .25);
      result.scores.push_back({lens, model, reward, quality, association});
    }
  }
  return result;
}

inline TrialResult trial(const ReportPlan& plan, const std::string& row, const std::string& split) {
  TrialResult result;
  result.key = key(row, split);
  result.row = row;
  result.split = split;
  result.plugin = row == "bold" ? "greedy" : "constant";
  result.plugin_version = "1.0.0";
  result.plugin_sha256 = std::string(64, 'b');
  result.parameters = {{"action", std::int64_t{1}}, {"rate", .5}};
  result.seed = split == "s0" ? 0 : 1;
  result.episode_ids =
      split == "s0" ? std::vector<std::int64_t>{3, 5, 9} : std::vector<std::int64_t>{2, 5, 7};
  result.training = {100, 40, 10, 3, 1, 4, {{50, {{"loss", .25}}}}};
  const double shift = split == "s0" ? 0 : .5;
  if (row == "bold") {
    result.cells = {cell(plan, "open", {{2, 2}, {1, 2, 2}, {0, 2}}, {1 + shift, 2 + shift, 3 + shift}),
                    cell(plan, "tight", {{1, 1}, {1, 1, 2}, {0, 1}}, {1 + shift, 1 + shift, 1 + shift})};
    result.cells[1].flag[1] = EpisodeFlag::departed;
    result.cells[1].masked_actions = 1;
  } else {
    result.cells = {cell(plan, "open", {{0, 0}, {0, 0, 0}, {0, 0}}, {.5, .75, 1}),
                    cell(plan, "tight", {{0, 0}, {0, 0, 0}, {0, 1}}, {.5, .5, .5})};
  }
  result.copies = EvaluationCopies::fork;
  result.timing.wall_s = split == "s0" ? 1.5 : 2.5;
  result.timing.cpu_s = 1.25;
  result.timing.peak_memory_mb = 40;
  result.timing.environment_steps_per_s = 1000;
  result.timing.act_p50_us = 10;
  result.timing.act_p95_us = 20;
  result.timing.act_p99_us = 30;
  result.timing.update_mean_us = std::numeric_limits<double>::quiet_NaN();
  result.host = {{"cpu", "one"}};
  return result;
}

inline TrialResult failed_trial(const std::string& row, const std::string& split) {
  TrialResult result;
  result.key = key(row, split);
  result.row = row;
  result.split = split;
  result.status = TrialStatus::failed;
  result.failure = {"killed by signal 11 (SIGSEGV)", std::nullopt, 11, "", "last words"};
  return result;
}

inline StoreContents contents(const ReportPlan& plan) {
  StoreContents contents;
  for (const PlannedTrial& planned : plan.trials) {
    contents.trials.push_back(trial(plan, planned.row, planned.split));
  }
  return contents;
}

using test::TemporaryFolder;

}  // namespace offload::example
