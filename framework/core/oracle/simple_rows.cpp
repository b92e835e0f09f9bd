#include "core/oracle/simple_rows.hpp"

#include <offload/random.hpp>

#include <algorithm>
#include <cmath>

#include "core/induction/induction.hpp"
#include "core/outcomes/response_memo.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kMixPurpose = 0x6d6978;  // "mix"

bool exceeds(const Amounts& spent, const Amounts& limit) {
  return spent[0] > limit[0] || spent[1] > limit[1];
}

void add(Amounts& spent, const Amounts& consumed) {
  for (std::size_t k = 0; k < kResources; ++k) spent[k] += consumed[k];
}

// The largest share that the action takes of what any action takes.
double worst_share(const Consumption& consumption, int action) {
  double worst = 0;
  for (std::size_t k = 0; k < kResources; ++k) {
    const auto largest = static_cast<double>(consumption.largest()[k]);
    if (largest > 0) worst = std::max(worst, static_cast<double>(consumption.of_action(action)[k]) / largest);
  }
  return worst;
}

// Turns of one episode whose scores are known beforehand.
class ScoredTurns final : public Outcomes {
 public:
  ScoredTurns(const double* scores, const Consumption& consumption)
      : scores_(scores), consumption_(&consumption) {}
  Outcome of(std::size_t, const History& history, int action) const override {
    return {scores_[history.action.size()], consumption_->of_action(action)};
  }

 private:
  const double* scores_;
  const Consumption* consumption_;
};

void add_episode(const Scenario& scenario, const Outcomes& scored, RewardModel& reward,
                 std::span<const std::uint32_t> train, std::size_t i, int action, const Amounts& limit,
                 ConstantAction& constant) {
  const std::vector<std::uint16_t> actions(static_cast<std::size_t>(scenario.data().length(train[i])),
                                           static_cast<std::uint16_t>(action));
  Amounts spent{};
  for (std::size_t t = 0; t < actions.size(); ++t) add(spent, scenario.consumption().of_action(action));
  constant.complies &= !exceeds(spent, limit);
  double sum = 0;
  for (const TurnOutcome& turn : score_decisions(scenario, scored, reward, train[i], actions, limit, false))
    sum += turn.reward;
  constant.reward += sum / static_cast<double>(actions.size()) / static_cast<double>(train.size());
}

int draw(std::span<const double> probability, std::span<const std::uint8_t> mask, Random& random) {
  double allowed = 0, sum = 0;
  for (std::size_t a = 0; a < mask.size(); ++a) {
    allowed += mask[a];
    sum += mask[a] * probability[a];
  }
  double left = random.uniform() * (sum > 0 ? sum : allowed);
  int last = 0;
  for (std::size_t a = 0; a < mask.size(); ++a) {
    const double share = mask[a] * (sum > 0 ? probability[a] : 1.0);
    if (share <= 0) continue;
    last = static_cast<int>(a);
    if (left < share) break;
    left -= share;
  }
  return last;
}

}  // namespace

std::vector<std::vector<ConstantAction>> constant_actions(const Scenario& scenario,
                                                          const ResponseModel& planning, RewardModel& reward,
                                                          std::span<const std::uint32_t> train,
                                                          std::span<const BudgetCell> cells,
                                                          std::size_t scores_kept) {
  const EpisodeTable& data = scenario.data();
  const auto actions = static_cast<std::size_t>(scenario.actions().size());
  std::vector<std::vector<ConstantAction>> constants(cells.size(),
                                                     std::vector<ConstantAction>(actions, {0, true}));
  std::vector<double> scores;
  for (std::size_t from = 0, to = 0; from < train.size(); from = to) {
    std::vector<std::span<const std::uint8_t>> tasks;
    std::size_t turns = 0;
    for (; to < train.size() && (to == from || turns * actions < scores_kept); ++to) {
      const auto length = static_cast<std::size_t>(data.length(train[to]));
      tasks.push_back(data.task.subspan(data.turn(train[to], 0), length));
      turns += length;
    }
    scores.resize(actions * turns);
    planning.constants(tasks, scores);
    const double* at = scores.data();
    for (std::size_t a = 0; a < actions; ++a) {
      for (std::size_t i = from; i < to; at += data.length(train[i++])) {
        for (std::size_t c = 0; c < cells.size(); ++c) {
          add_episode(scenario, ScoredTurns(at, scenario.consumption()), reward, train, i,
                      static_cast<int>(a), cells[c].limit, constants[c][a]);
        }
      }
    }
  }
  return constants;
}

int best_constant(const std::vector<ConstantAction>& constants, const Consumption& consumption) {
  int best = -1, smallest = 0;
  for (int a = 0; a < static_cast<int>(constants.size()); ++a) {
    const ConstantAction& constant = constants[static_cast<std::size_t>(a)];
    if (worst_share(consumption, a) < worst_share(consumption, smallest) - kTieTolerance) smallest = a;
    if (!constant.complies) continue;
    if (best < 0 || constant.reward > constants[static_cast<std::size_t>(best)].reward + kTieTolerance)
      best = a;
  }
  return best < 0 ? smallest : best;
}

MixDraws draw_mix(const Scenario& scenario, std::span<const std::uint32_t> test, const Amounts& limit,
                  std::span<const double> probability, int rollouts, std::uint64_t seed) {
  std::vector<std::uint8_t> mask(probability.size());
  MixDraws draws{rollouts, {}, 0};
  for (const std::uint32_t episode : test) {
    const auto turns = static_cast<std::size_t>(scenario.data().length(episode));
    std::vector<std::uint16_t>& actions = draws.actions.emplace_back();
    actions.reserve(turns * static_cast<std::size_t>(rollouts));
    int violations = 0;
    for (int rollout = 0; rollout < rollouts; ++rollout) {
      Random random(stream(seed, kMixPurpose, episode, rollout));
      Amounts spent{};
      for (std::size_t t = 0; t < turns; ++t) {
        scenario.feasibility().mask(static_cast<int>(t), spent, limit, mask.data());
        actions.push_back(static_cast<std::uint16_t>(draw(probability, mask, random)));
        add(spent, scenario.consumption().of_action(actions.back()));
      }
      violations += exceeds(spent, limit);
    }
    draws.violation_rate += violations / static_cast<double>(rollouts) / static_cast<double>(test.size());
  }
  return draws;
}

MixRun score_mix(const Scenario& scenario, const Lens& lens, RewardModel& reward,
                 std::span<const std::uint32_t> test, const Amounts& limit, const MixDraws& draws) {
  const EpisodeTable& data = scenario.data();
  MixRun run;
  OutcomeRows rows;
  for (std::size_t i = 0; i < test.size(); ++i) {
    const Game game = episode_game(scenario, test[i], scenario.compat().raw_evaluation_association);
    ResponseMemo memo(lens.of(i), scenario.actions().size(), scenario.tasks(), scenario.turns_max());
    const auto turns = static_cast<std::size_t>(data.length(test[i]));
    rows.clear();
    for (std::size_t from = 0; from < draws.actions[i].size(); from += turns) {
      const auto actions = std::span(draws.actions[i]).subspan(from, turns);
      Amounts spent{};
      ResponseMemo::Node node = memo.root(data.task[data.turn(test[i], 0)]);
      for (std::size_t t = 0; t < turns; ++t) {
        const int turn = static_cast<int>(t), a = actions[t];
        rows.add(scenario, game.turns[t], 0, a, spent, limit,
                 memo.score(
                     node, [&] { return scenario.history(test[i], turn, actions); }, a));
        add(spent, scenario.consumption().of_action(a));
        if (t + 1 < turns) node = memo.child(node, a, data.task[data.turn(test[i], turn + 1)]);
      }
    }
    std::vector<double> rewards(rows.size());
    rows.score(reward, rewards.data());
    double sum = 0, squares = 0;
    for (auto at = rewards.begin(); at != rewards.end(); at += static_cast<std::ptrdiff_t>(turns)) {
      double mean = 0;
      for (std::size_t t = 0; t < turns; ++t)
        mean += at[static_cast<std::ptrdiff_t>(t)] / static_cast<double>(turns);
      sum += mean;
      squares += mean * mean;
    }
    const double n = draws.rollouts, mean = sum / n;
    run.reward.push_back({mean, n > 1 ? std::sqrt(std::max(0.0, squares / n - mean * mean) / (n - 1)) : 0});
    run.mean_reward += mean / static_cast<double>(test.size());
  }
  return run;
}

}  // namespace offload
