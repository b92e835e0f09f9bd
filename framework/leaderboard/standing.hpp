// Where the entries of a task stand, as of a day: the joint report of all that came out again, as if one
// suite had had all their rows, so that splits and seeds are shared and every claim is paired; beside it, by
// itself and unranked, what was replayed alone; and the hidden episodes. Small enough to be held for every
// task at once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/statistics/intervals.hpp"
#include "leaderboard/store/board.hpp"

namespace offload {

// NaN where there is none.
struct StandingCell {
  std::string cell;
  double reward = 0, quality = 0, latency_s = 0, cost_usd = 0,
         violations = 0;  // means per test; share of tests
  Interval interval;      // of the reward, 95 %
};

// A row of an entry.
struct StandingLine {
  std::int64_t entry = 0;
  std::string entrant, row, plugin, plugin_version, date;
  Mark mark = Mark::not_reproduced;
  int tier = 0, rank = 0;  // 0: not ranked
  std::optional<double> score;
  double reward = 0, quality = 0, latency_s = 0, cost_usd = 0, violations = 0;
  Interval interval, violation_interval;
  bool pareto = false;
  std::int64_t tests = 0;
  std::int64_t candidates = 0;      // that it was tuned among in every run; 0: not tuned
  std::vector<StandingCell> cells;  // of hidden episodes none
  std::vector<std::string> flags;   // sentences: why it is not to be believed as it stands
  std::string same;  // the row, and whose entry, that decided alike on every test and was there before it
};

struct TaskStanding {
  BoardTask task;
  std::string description, data, claim, verdict, leader;  // in words
  std::string tuning;               // where learners were not tuned alike, a sentence; or empty
  std::string hidden_data_sha256;   // once opened
  std::size_t runs = 0, tests = 0;  // of every row; tests: over all runs, in a cell, 0 where none is ranked
  bool by_score = false;
  std::vector<std::string> cells;
  std::vector<StandingLine> ranked, replayed, hidden;  // in the order of their boards
  std::vector<Entry> unmarked, withdrawn;              // not reproduced; withdrawn by that day
};

// Of the entries and withdrawals up to `until`. Throws Error(data) where results are not what their entry
// says, by hash.
TaskStanding standing_of(Board& board, const BoardTask& task, const std::string& until);

}  // namespace offload
