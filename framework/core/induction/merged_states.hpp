// The states of a game against a model that forgets, for one budget: histories with one signature that have
// consumed the same go on alike, so they are one state. Where a model forgets nothing this is the budget side
// alone, of the game in which every answer scores the most it can (RelaxedModel).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/induction/game.hpp"
#include "core/outcomes/signatures.hpp"

namespace offload {

// Which actions are open.
enum class Openness {
  mask,    // as the environment offers them: the mask up to T_max, all where nothing is allowed
  budget,  // those from which the game's own turns can be finished within the budgets
};
// Bit k: actions of kind k are open before this turn.
std::uint32_t open_kinds(const Scenario& scenario, int length, int turn, const Amounts& spent,
                         const Amounts& limit, Openness openness);

// Numbers of states end at kCountless, which stands for more than can be counted.
inline constexpr std::int64_t kCountless = std::int64_t{1} << 62;
inline std::int64_t saturating_add(std::int64_t a, std::int64_t b) {
  return a > kCountless - b ? kCountless : a + b;
}
inline std::int64_t saturating_multiply(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) || product > kCountless ? kCountless : product;
}

// A node is the work of a state of up to so many open actions; one with more counts as several.
inline constexpr std::int64_t kActionsPerNode = 16;

// Every answer scores the most that a model gives for its task and action: an upper bound of the model for
// rewards that never fall as the quality rises, without memory.
class RelaxedModel final : public ResponseModel {
 public:
  // `turns`: of the longest episode. The model must outlive it.
  RelaxedModel(const ResponseModel& model, int turns) : model_(&model), turns_(turns) {}
  double score(const History& history, int action) const override {
    return model_->highest(history.task.back(), action, turns_);
  }
  double highest(int task, int action, int turns) const override {
    return model_->highest(task, action, turns);
  }
  void forget(Past& past) const override { past = {}; }
  bool forgets(int turns) const override { return turns > 1; }

 private:
  const ResponseModel* model_;
  int turns_;
};

class MergedStates {
 public:
  struct Group {  // the states of one signature
    std::uint32_t signature;
    std::size_t begin, end;
  };
  struct Layer {                      // a turn
    std::vector<Group> groups;        // ascending by signature
    std::vector<Amounts> spent;       // before the turn; ascending within a group
    std::vector<std::uint16_t> open;  // bit k: kind k
    // The states of a signature; nullptr where there are none.
    const Group* find(std::uint32_t signature) const;
    // Kinds that are open in some state of a group.
    std::uint32_t open_in(const Group& group) const;
  };

  // Both amounts as one number, ordered as they are.
  __extension__ using Key = unsigned __int128;

  // Ends, incomplete, where the nodes exceed the limit. The references must outlive it.
  MergedStates(const Scenario& scenario, const Game& game, Signatures& signatures, const Amounts& limit,
               Openness openness, std::int64_t nodes, bool count_histories = false);

  // Whether another game has these very states, moves and numbers of signatures; with a model of its own,
  // which its signatures are of.
  bool serves(const Game& game, Signatures& signatures) const;

  const Scenario& scenario() const { return *scenario_; }
  const Game& game() const { return *game_; }
  Signatures& signatures() const { return *signatures_; }
  const Amounts& limit() const { return limit_; }
  bool complete() const { return complete_; }
  // Whether some kind of action is closed in some state.
  bool restricted() const { return restricted_; }
  // Whether it ended because there are more signatures than are told apart.
  bool forgetful() const { return forgetful_; }
  // False when no action is open at the first turn (Openness::budget only): there is nothing to play.
  bool playable() const { return layers_[0].open[0] != 0; }
  const Layer& layer(int turn) const { return layers_[static_cast<std::size_t>(turn)]; }
  // Of the states, tasks told apart; at least so many where incomplete.
  std::int64_t nodes() const { return nodes_; }
  // Nodes of a turn where no histories were merged; where complete and counted.
  std::int64_t histories(int turn) const { return histories_[static_cast<std::size_t>(turn)]; }
  std::int64_t histories() const;

 private:
  struct Source;
  bool open(int turn, Openness openness, std::int64_t limit);
  bool all_open(int turn, Openness openness) const;
  // What a state counts for that has these kinds open.
  std::int64_t nodes_of(std::uint32_t kinds) const;
  bool follow(int turn, std::int64_t limit);
  std::size_t list(Source& source, std::size_t at);
  void merge(std::span<Source> sources, Layer& next);

  const Scenario* scenario_;
  const Game* game_;
  Signatures* signatures_;
  Amounts limit_;
  bool counts_histories_, complete_ = false, restricted_ = false, forgetful_ = false;
  std::int64_t nodes_ = 0;
  std::vector<Layer> layers_;
  std::vector<std::int64_t> histories_;  // [turns]
  // [states] of the turn that is being built and of the next: action and task sequences that lead there.
  std::vector<std::int64_t> ways_, next_ways_;
  std::vector<Amounts> merged_;  // of the turn that is being built
  // Of a group that is being built: what its sources lead to, list after list, and in how many ways.
  std::vector<Key> lists_;
  std::vector<std::int64_t> listed_ways_;
  std::vector<std::int64_t> actions_of_kind_;
};

}  // namespace offload
