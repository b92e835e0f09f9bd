#include "core/oracle/playout.hpp"

#include <offload/random.hpp>

#include <algorithm>
#include <cmath>

#include "core/oracle/induction.hpp"

namespace offload {
namespace {

constexpr std::int64_t kSequencesMax = 65536;
constexpr std::size_t kPlayBatch = 4096;

std::size_t draw(std::span<const double> probability, Random& random) {
  double left = random.uniform();
  for (std::size_t i = 0; i + 1 < probability.size(); ++i) {
    if (left < probability[i]) return i;
    left -= probability[i];
  }
  return probability.size() - 1;
}

// A playout, or one prefix of task sequences with its probability.
struct Player {
  std::vector<std::uint8_t> task;
  std::vector<std::uint16_t> action;
  std::int32_t state = 0;
  double probability = 1;
  double earned = 0;  // of a playout
  Random random{0};

  void see(const Game& game, int turn, std::size_t c) {
    task.push_back(static_cast<std::uint8_t>(game.turns[static_cast<std::size_t>(turn)].first_task +
                                             static_cast<int>(c)));
  }
};

class Playouts {
 public:
  Playouts(const BudgetStates& states, const ResponseModel& model, RewardModel& reward, PlayoutPolicy policy)
      : states_(states), game_(states.game()), model_(model), reward_(reward), policy_(policy) {
    std::int64_t sequences = 1;
    for (const Game::Turn& turn : game_.turns)
      sequences = std::min(sequences * turn.tasks, kSequencesMax + 1);
    exact_ = policy == PlayoutPolicy::greedy && sequences <= kSequencesMax;
  }

  Estimate run(int playouts, std::uint64_t seed) {
    start(playouts, seed);
    double reach = 1, total = 0;
    for (int turn = 0; turn < game_.length(); ++turn) {
      const Game::Turn& now = game_.turns[static_cast<std::size_t>(turn)];
      for (std::size_t from = 0; from < players_.size();
           from = answer(turn, from, reach * now.weight, total)) {
      }
      if (turn + 1 < game_.length()) go_on(turn);
      reach *= now.goes_on;
    }
    if (exact_) return {total, 0};
    double sum = 0, squares = 0;
    for (const Player& player : players_) sum += player.earned;
    const auto n = static_cast<double>(players_.size());
    for (const Player& player : players_) squares += (player.earned - sum / n) * (player.earned - sum / n);
    return {sum / n, n > 1 ? std::sqrt(squares / (n - 1) / n) : 0};
  }

 private:
  void start(int playouts, std::uint64_t seed) {
    const std::size_t n = exact_ ? game_.first.size() : static_cast<std::size_t>(playouts);
    players_.assign(n, Player{});
    for (std::size_t i = 0; i < n; ++i) {
      players_[i].random = Random(stream(seed, i));
      if (exact_) players_[i].probability = game_.first[i];
      players_[i].see(game_, 0, exact_ ? i : draw(game_.first, players_[i].random));
    }
  }

  // Chooses for players from `from` on, as many as make a batch; returns the first one left.
  std::size_t answer(int turn, std::size_t from, double weight, double& total) {
    const Game::Turn& now = game_.turns[static_cast<std::size_t>(turn)];
    rows_.clear();
    std::vector<double> scores(states_.state(turn, 0).index_of.size());
    std::vector<std::size_t> choices;  // of greedy players: all open ones; of random ones: the drawn one
    std::size_t to = from;
    for (; to < players_.size() && rows_.size() < kPlayBatch; ++to) {
      Player& player = players_[to];
      const BudgetState& state = states_.state(turn, player.state);
      const History history{player.task, player.action};
      const int task = player.task.back() - now.first_task;
      if (policy_ == PlayoutPolicy::greedy) {
        model_.scores(history, scores);
        for (const std::uint16_t a : state.action) {
          rows_.add(states_.scenario(), now, task, a, state.spent, states_.limit(), scores[a]);
        }
      } else {
        choices.push_back(draw(state.probability, player.random));
        const int a = state.action[choices.back()];
        rows_.add(states_.scenario(), now, task, a, state.spent, states_.limit(), model_.score(history, a));
      }
    }
    rewards_.resize(rows_.size());
    rows_.score(reward_, rewards_.data());
    const double* reward = rewards_.data();
    for (std::size_t p = from; p < to; ++p) {
      Player& player = players_[p];
      const BudgetState& state = states_.state(turn, player.state);
      std::size_t taken = 0, rows = 1, at = 0;
      if (policy_ == PlayoutPolicy::greedy) {
        rows = state.action.size();
        const double best = *std::max_element(reward, reward + rows);
        while (reward[taken] < best - kTieTolerance) ++taken;
        at = taken;
      } else {
        taken = choices[p - from];
      }
      player.earned += weight * reward[at];
      total += player.probability * weight * reward[at];
      player.action.push_back(state.action[taken]);
      player.state = state.next[taken];
      reward += rows;
    }
    return to;
  }

  void go_on(int turn) {
    const Game::Turn& now = game_.turns[static_cast<std::size_t>(turn)];
    const std::size_t tasks = now.transition.size() / static_cast<std::size_t>(now.tasks);
    const auto likely = [&](const Player& player) {
      return std::span(now.transition)
          .subspan(static_cast<std::size_t>(player.task.back() - now.first_task) * tasks, tasks);
    };
    if (!exact_) {
      for (Player& player : players_) player.see(game_, turn + 1, draw(likely(player), player.random));
      return;
    }
    std::vector<Player> next;
    for (const Player& player : players_) {
      for (std::size_t c = 0; c < tasks; ++c) {
        next.push_back(player);
        next.back().probability *= likely(player)[c];
        next.back().see(game_, turn + 1, c);
      }
    }
    players_ = std::move(next);
  }

  const BudgetStates& states_;
  const Game& game_;
  const ResponseModel& model_;
  RewardModel& reward_;
  PlayoutPolicy policy_;
  bool exact_;
  std::vector<Player> players_;
  OutcomeRows rows_;
  std::vector<double> rewards_;
};

}  // namespace

Estimate play(const BudgetStates& states, const ResponseModel& model, RewardModel& reward,
              PlayoutPolicy policy, int playouts, std::uint64_t seed) {
  return Playouts(states, model, reward, policy).run(playouts, seed);
}

}  // namespace offload
