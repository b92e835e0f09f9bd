#include "core/oracle/playout.hpp"

#include <offload/random.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <tuple>

#include "core/induction/outcome_rows.hpp"
#include "core/induction/value.hpp"

namespace offload {
namespace {

constexpr std::int64_t kSequencesMax = 65536;
constexpr std::size_t kPlayBatch = 4096;
// Scores that greedy playouts ask a model for, where that would need more than so many; and how few then
// suffice.
constexpr std::int64_t kScoresMost = 20'000'000;
constexpr int kFewestPlayouts = 20;
// Outcomes that greedy playouts of other models choose among, likewise.
constexpr std::int64_t kOutcomesMost = 300'000'000;
// Bytes of the model that playouts look at, and how few then suffice.
constexpr double kBytesMost = 1e11;
constexpr int kFewestRandom = 100;

// A model that remembers no turn is asked for each score once.
bool scores_kept(const ResponseModel& model) { return model.forgets(2); }

// As many of `playouts` as look at no more bytes of the model, but at least `fewest`; a turn asks for what so
// many actions score.
int within_bytes(const ResponseModel& model, int turns, int actions, int playouts, int fewest) {
  const double each = static_cast<double>(model.query_bytes(actions)) * turns;
  if (each * playouts <= kBytesMost) return playouts;
  return std::min(playouts, std::max(fewest, static_cast<int>(kBytesMost / each)));
}

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
  Amounts spent{};
  std::uint32_t signature = Signatures::kRoot;  // where the model forgets at once
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
  Playouts(const Scenario& scenario, const Game& game, const Amounts& limit, Openness openness,
           const ResponseModel& model, RewardModel& reward, PlayoutPolicy policy)
      : scenario_(scenario),
        game_(game),
        limit_(limit),
        openness_(openness),
        model_(model),
        reward_(reward),
        policy_(policy),
        scores_(static_cast<std::size_t>(scenario.actions().size())) {
    if (scores_kept(model)) signatures_.emplace(model, scenario.tasks(), scenario.actions().size());
    std::int64_t sequences = 1;
    for (const Game::Turn& turn : game_.turns)
      sequences = std::min(sequences * turn.tasks, kSequencesMax + 1);
    exact_ = policy == PlayoutPolicy::greedy && sequences <= kSequencesMax;
  }

  Estimate run(int playouts, std::uint64_t seed) {
    start(affordable(playouts), seed);
    double reach = 1, total = 0;
    for (int turn = 0; turn < game_.length(); ++turn) {
      const Game::Turn& now = game_.turns[static_cast<std::size_t>(turn)];
      group();
      for (std::size_t from = 0; from < leaders_.size(); from = answer(turn, from)) {
      }
      take(reach * now.weight, total);
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
  int affordable(int playouts) const {
    if (policy_ == PlayoutPolicy::random) return affordable_playouts(model_, game_.length(), playouts);
    const std::int64_t each = std::int64_t{game_.length()} * scenario_.actions().size();
    if (signatures_)
      return std::min(playouts, std::max(kFewestPlayouts, static_cast<int>(kOutcomesMost / each)));
    const int scored = std::max(kFewestPlayouts, static_cast<int>(kScoresMost / each));
    return within_bytes(model_, game_.length(), scenario_.actions().size(), std::min(playouts, scored),
                        kFewestPlayouts);
  }

  void start(int playouts, std::uint64_t seed) {
    const std::size_t n = exact_ ? game_.first.size() : static_cast<std::size_t>(playouts);
    players_.assign(n, Player{});
    for (std::size_t i = 0; i < n; ++i) {
      players_[i].random = Random(stream(seed, i));
      if (exact_) players_[i].probability = game_.first[i];
      players_[i].see(game_, 0, exact_ ? i : draw(game_.first, players_[i].random));
    }
  }

  // The open actions, ascending, and the random row's probabilities of them.
  void open(int turn, const Amounts& spent) {
    const ActionSpace& actions = scenario_.actions();
    const std::uint32_t kinds = open_kinds(scenario_, game_.length(), turn, spent, limit_, openness_);
    if (kinds == opened_) return;
    opened_ = kinds;
    open_.clear();
    probability_.clear();
    for (int a = 0; a < actions.size(); ++a) {
      if ((kinds >> actions.kind(a) & 1) == 0) continue;
      open_.push_back(static_cast<std::uint16_t>(a));
      probability_.push_back(a == 0 ? .5 : .5 / static_cast<double>(actions.size() - 1));
    }
    const double sum = std::accumulate(probability_.begin(), probability_.end(), 0.0);
    for (double& probability : probability_) probability /= sum;
  }

  // [actions] of the player's turn, of which only `wanted` is read, unless it is -1.
  const double* scores(const Player& player, int wanted) {
    if (signatures_) return signatures_->scores(player.signature, player.task.back());
    const History history{player.task, player.action};
    if (wanted < 0) {
      model_.scores(history, scores_);
    } else {
      scores_[static_cast<std::size_t>(wanted)] = model_.score(history, wanted);
    }
    return scores_.data();
  }

  // Adds the outcomes that a player chooses among: all open ones of a greedy player, the drawn one of a
  // random one.
  void add_choices(int turn, Player& player) {
    const Game::Turn& now = game_.turns[static_cast<std::size_t>(turn)];
    open(turn, player.spent);
    const int task = player.task.back() - now.first_task;
    begins_.push_back(choices_.size());
    const auto add = [&](std::uint16_t a, const double* scores) {
      rows_.add(scenario_, now, task, a, player.spent, limit_, scores[a]);
      choices_.push_back(a);
    };
    if (policy_ == PlayoutPolicy::greedy) {
      const double* scores = this->scores(player, -1);
      for (const std::uint16_t a : open_) add(a, scores);
    } else {
      const std::uint16_t a = open_[draw(probability_, player.random)];
      add(a, scores(player, a));
    }
  }

  // Which players are to choose: one of those that are in one state, where the choice is the state's.
  void group() {
    leaders_.clear();
    leader_.resize(players_.size());
    if (policy_ == PlayoutPolicy::random || !signatures_) {
      leaders_.resize(players_.size());
      std::iota(leaders_.begin(), leaders_.end(), std::uint32_t{0});
      leader_ = leaders_;
      return;
    }
    std::map<std::tuple<std::uint8_t, std::uint32_t, Amounts>, std::uint32_t> states;
    for (std::uint32_t p = 0; p < players_.size(); ++p) {
      const Player& player = players_[p];
      const auto [state, is_new] = states.try_emplace({player.task.back(), player.signature, player.spent},
                                                      static_cast<std::uint32_t>(leaders_.size()));
      if (is_new) leaders_.push_back(p);
      leader_[p] = state->second;
    }
  }

  // Chooses for leaders from `from` on, as many as make a batch; returns the first one left.
  std::size_t answer(int turn, std::size_t from) {
    rows_.clear();
    choices_.clear();
    begins_.clear();
    std::size_t to = from;
    for (; to < leaders_.size() && rows_.size() < kPlayBatch; ++to) add_choices(turn, players_[leaders_[to]]);
    begins_.push_back(choices_.size());
    rewards_.resize(rows_.size());
    rows_.score(reward_, rewards_.data());
    taken_.resize(leaders_.size());
    for (std::size_t l = from; l < to; ++l) {
      const auto begin = rewards_.begin() + static_cast<std::ptrdiff_t>(begins_[l - from]);
      const auto end = rewards_.begin() + static_cast<std::ptrdiff_t>(begins_[l - from + 1]);
      const double best = *std::max_element(begin, end);
      const auto taken = std::find_if(begin, end, [&](double r) { return r >= best - kTieTolerance; });
      taken_[l] = {choices_[static_cast<std::size_t>(taken - rewards_.begin())], *taken};
    }
    return to;
  }

  // Every player takes what its leader chose.
  void take(double weight, double& total) {
    for (std::size_t p = 0; p < players_.size(); ++p) {
      const Taken& taken = taken_[leader_[p]];
      Player& player = players_[p];
      player.earned += weight * taken.reward;
      total += player.probability * weight * taken.reward;
      player.action.push_back(taken.action);
      const Amounts& consumed = scenario_.consumption().of_action(taken.action);
      for (std::size_t k = 0; k < kResources; ++k) player.spent[k] += consumed[k];
      if (signatures_)
        player.signature = signatures_->next(player.signature, player.task.back(), taken.action);
    }
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

  const Scenario& scenario_;
  const Game& game_;
  Amounts limit_;
  Openness openness_;
  const ResponseModel& model_;
  RewardModel& reward_;
  PlayoutPolicy policy_;
  bool exact_;
  std::vector<Player> players_;
  std::vector<std::uint32_t> leaders_;  // players that choose
  std::vector<std::uint32_t> leader_;   // [players] whose choice each takes, as a place in leaders_
  struct Taken {
    std::uint16_t action;
    double reward;
  };
  std::vector<Taken> taken_;  // [leaders]
  std::uint32_t opened_ = 0;  // kinds that these are of
  std::vector<std::uint16_t> open_;
  std::vector<double> probability_, scores_;
  std::optional<Signatures> signatures_;
  OutcomeRows rows_;
  std::vector<std::uint16_t> choices_;  // action of every row
  std::vector<std::size_t> begins_;     // [leaders of the batch + 1] first row
  std::vector<double> rewards_;
};

}  // namespace

int affordable_playouts(const ResponseModel& model, int turns, int playouts) {
  return scores_kept(model) ? playouts : within_bytes(model, turns, 1, playouts, kFewestRandom);
}

Estimate play(const Scenario& scenario, const Game& game, const Amounts& limit, Openness openness,
              const ResponseModel& model, RewardModel& reward, PlayoutPolicy policy, int playouts,
              std::uint64_t seed) {
  return Playouts(scenario, game, limit, openness, model, reward, policy).run(playouts, seed);
}

}  // namespace offload
