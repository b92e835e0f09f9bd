// Test episodes as games, each known in full: how many states they have in a budget cell, what is best and
// what the random row earns, or bounds where the states are too many.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/induction/merged_induction.hpp"
#include "core/oracle/playout.hpp"

namespace offload {

// One episode under one response model; in a cell it is played twice, under the mask and within the budgets.
class EpisodeGame {
 public:
  // The references must outlive it.
  EpisodeGame(const Scenario& scenario, std::size_t episode, const ResponseModel& model);
  EpisodeGame(const EpisodeGame&) = delete;
  EpisodeGame& operator=(const EpisodeGame&) = delete;

  // Whether its histories are merged.
  bool forgets() const { return forgets_; }
  // Whether anything fits within a cell's budgets.
  bool playable(const Amounts& limit) const {
    return open_kinds(scenario_, game_.length(), 0, {}, limit, Openness::budget) != 0;
  }
  // Nodes of a cell; any number above `most` where there are more. A cell whose limits are no less than those
  // of one that closes nothing has its states.
  std::int64_t nodes(const Amounts& limit, std::int64_t most);
  // Whether the relaxed game of a cell has at most so many states.
  bool relaxes(const Amounts& limit, std::int64_t nodes);
  // Of games whose histories are merged: how many may be solved together, by the memory that those cells take
  // whose nodes were counted.
  std::size_t together() const;

  // Of other games, in the cells that are exact: the best value within the budgets (NaN where nothing fits)
  // and the random row's.
  void solve(std::span<const BudgetCell> cells, const std::vector<std::uint8_t>& exact, RewardModel& reward,
             std::vector<Value>& values) const;
  // Of a cell past the limit: the greedy sequence and what no sequence exceeds; NaN where nothing fits.
  // `nodes` limit the relaxed game.
  std::pair<double, double> bound(const Amounts& limit, RewardModel& reward, std::int64_t nodes) const;
  Estimate play_randomly(const Amounts& limit, RewardModel& reward, int playouts, std::uint64_t seed) const;

 private:
  friend std::optional<std::int64_t> solve_together(std::deque<EpisodeGame>& games, const Amounts& limit,
                                                    Openness openness, RewardModel& reward,
                                                    std::vector<double>& values);
  Signatures& signatures();
  // The states of a cell; incomplete where they are more than `most` or tell too many pasts apart.
  MergedStates merge(const Amounts& limit, Openness openness, std::int64_t most);
  std::int64_t count(const Amounts& limit, Openness openness, std::int64_t most);

  const Scenario& scenario_;
  Game game_;
  const ResponseModel& model_;
  bool forgets_;
  std::optional<Signatures> signatures_;  // of all cells, until they are full
  std::size_t widest_ = 1;                // most states of a turn, of what was counted
  // Limits that close nothing: of at most so many nodes there are these, or more.
  struct Open {
    Amounts limit;
    std::int64_t most, nodes;
    bool serves(const Amounts& larger, std::int64_t same) const {
      return most == same && limit[0] <= larger[0] && limit[1] <= larger[1];
    }
  };
  std::optional<Open> open_, relaxed_open_;  // under the mask; relaxed, within the budgets
};

// One cell of games of one length whose histories are merged. The states of one serve most others, so what is
// open and where it leads is found once. Writes values [games], under the mask of the random row, within the
// budgets the best. Returns the nodes of the states that it made; nothing where a game tells too many pasts
// apart.
std::optional<std::int64_t> solve_together(std::deque<EpisodeGame>& games, const Amounts& limit,
                                           Openness openness, RewardModel& reward,
                                           std::vector<double>& values);

}  // namespace offload
