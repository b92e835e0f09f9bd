#include "trial/values/world_reference.hpp"

#include <algorithm>
#include <cmath>

#include "core/routing/hindsight.hpp"
#include "core/statistics/aggregates.hpp"
#include "trial/values/world_values.hpp"

namespace offload {
namespace {

// Between the sum of values of single turns and what the reward makes of the whole session.
constexpr double kSameReward = 1e-9;

class WorldReference {
 public:
  WorldReference(const Experiment& experiment, const Split& split, std::span<const std::uint32_t> tests,
                 RewardModel& reward)
      : experiment_(experiment),
        scenario_(experiment.scenario_of(split)),
        world_(*scenario_.world()),
        table_(world_.table()),
        train_(split.train),
        tests_(tests),
        reward_(reward),
        train_turns_(turns_of(scenario_.data(), split.train)) {
    charge();
  }

  WorldBounds run(const std::function<void(double)>& progress) {
    const std::vector<std::uint32_t> turns = turns_of(scenario_.data(), tests_);
    WorldBounds bounds{arm_means(table_, turns), query_oracle(table_, turns), oracle_luck(table_, turns), {}};
    if (prompts_are_shared(scenario_.data())) {
      const std::vector<std::uint32_t> group = groups_of(scenario_.data());
      for (const std::uint32_t e : tests_) bounds.group.push_back(group[e]);
    }
    for (std::size_t c = 0; c < experiment_.cells.size(); ++c) {
      progress(static_cast<double>(c) / static_cast<double>(experiment_.cells.size()));
      bounds.cells.push_back(cell(experiment_.cells[c]));
    }
    return bounds;
  }

 private:
  // What is charged, by cell of the table, for the knapsack.
  void charge() {
    for (std::size_t k = 0; k < 2; ++k) {
      if (!world_.charges().has(k)) continue;
      charged_[k].assign(table_.turns() * table_.arms.size(), 0);
      for (std::size_t turn = 0; turn < table_.turns(); ++turn) {
        for (std::size_t a = 0; a < table_.arms.size(); ++a) {
          if (table_.is_known(turn, a)) charged_[k][table_.cell(turn, a)] = world_.charges().of(turn, a)[k];
        }
      }
    }
  }

  WorldCell cell(const BudgetCell& budget) {
    const std::vector<double> training = world_rewards(scenario_, reward_, train_, budget.limit),
                              values = world_rewards(scenario_, reward_, tests_, budget.limit);
    WorldCell result;
    result.cell = budget.name;
    result.training_reward = mean_values(table_, training, train_turns_);
    const std::vector<bool> keeps = compliers(budget.limit);
    result.constant = best_arm(of_compliers(result.training_reward, keeps));
    const auto per_task = best_per_task(table_, of_compliers(training, keeps), scenario_.data().task,
                                        static_cast<std::size_t>(scenario_.tasks()), train_turns_);
    // Of a task whose outcomes are known for none of them, the constant.
    for (const std::uint16_t arm : per_task) result.per_task.push_back(keeps[arm] ? arm : result.constant);
    result.best_constant = play(values, budget.limit, [&](std::size_t) { return result.constant; });
    result.best_per_task = play(
        values, budget.limit, [&](std::size_t turn) { return result.per_task[scenario_.data().task[turn]]; });
    const std::vector<double> even(table_.arms.size(), 1 / static_cast<double>(table_.arms.size()));
    result.random = expected_mix_rewards(scenario_, values, tests_, even);
    for (const std::uint32_t e : tests_) add_hindsight(e, values, budget.limit, result);
    return result;
  }

  // [arms] whether an arm keeps the budgets in training as tier 1 asks for; where none does, those that break
  // them in the fewest episodes.
  std::vector<bool> compliers(const Amounts& limit) const {
    std::vector<std::size_t> broken;
    for (std::size_t a = 0; a < table_.arms.size(); ++a) {
      std::size_t over = 0;
      for (const std::uint32_t e : train_) over += exceeds(e, limit, [a](std::size_t) { return a; });
      broken.push_back(over);
    }
    const auto allowed = static_cast<std::size_t>(experiment_.suite.evaluation.max_violation_rate *
                                                  static_cast<double>(train_.size()));
    const std::size_t most = std::max(*std::min_element(broken.begin(), broken.end()), allowed);
    std::vector<bool> keeps;
    for (const std::size_t over : broken) keeps.push_back(over <= most);
    return keeps;
  }

  // NaN in the place of what arms that break the budgets earn, [turns][arms].
  std::vector<double> of_compliers(std::vector<double> rewards, const std::vector<bool>& keeps) const {
    for (std::size_t i = 0; i < rewards.size(); ++i) {
      if (!keeps[i % keeps.size()]) rewards[i] = kNan;
    }
    return rewards;
  }

  template <typename Choice>
  Amounts total(std::uint32_t e, const Choice& choice) const {
    Amounts spent{};
    for (int t = 0; t < scenario_.data().length(e); ++t) {
      const std::size_t turn = scenario_.data().turn(e, t);
      const auto arm = static_cast<std::size_t>(choice(turn));
      if (!table_.is_known(turn, arm)) continue;
      const Amounts charged = world_.charges().of(turn, arm);
      for (std::size_t k = 0; k < 2; ++k) spent[k] += charged[k];
    }
    return spent;
  }
  template <typename Choice>
  bool exceeds(std::uint32_t e, const Amounts& limit, const Choice& choice) const {
    const Amounts spent = total(e, choice);
    return spent[0] > limit[0] || spent[1] > limit[1];
  }

  // Rewards are NaN for episodes in which the choice is not known.
  template <typename Choice>
  WorldPolicy play(const std::vector<double>& values, const Amounts& limit, const Choice& choice) const {
    WorldPolicy policy;
    const double share = 1 / static_cast<double>(tests_.size());
    for (const std::uint32_t e : tests_) {
      double sum = 0;
      for (int t = 0; t < scenario_.data().length(e); ++t) {
        const std::size_t turn = scenario_.data().turn(e, t);
        const auto arm = static_cast<std::size_t>(choice(turn));
        sum += table_.is_known(turn, arm) ? values[table_.cell(turn, arm)] : kNan;
      }
      policy.reward.push_back(sum / scenario_.data().length(e));
      const Amounts spent = total(e, choice);
      policy.latency_s_per_episode += share * from_amount(spent[0], 0);
      policy.cost_usd_per_episode += share * from_amount(spent[1], 1);
      policy.violation_rate += share * (spent[0] > limit[0] || spent[1] > limit[1]);
    }
    return policy;
  }

  void add_hindsight(std::uint32_t e, const std::vector<double>& values, const Amounts& limit,
                     WorldCell& cell) {
    const auto turns = static_cast<std::size_t>(scenario_.data().length(e));
    SessionProblem problem = session_problem(table_, values, scenario_.data().turn(e, 0), turns);
    const std::size_t begin = scenario_.data().turn(e, 0) * table_.arms.size();
    for (std::size_t k = 0; k < 2; ++k) {
      (k == 0 ? problem.latency_ns : problem.cost_pusd) =
          charged_[k].empty() ? std::span<const std::int64_t>()
                              : std::span(charged_[k]).subspan(begin, turns * table_.arms.size());
    }
    SessionBest best = best_session(problem, limit);
    const auto n = static_cast<double>(turns);
    if (!best.arms.empty()) {
      double sum = 0;
      for (const TurnOutcome& turn :
           score_decisions(scenario_, world_, reward_, e, best.arms, limit, false)) {
        sum += turn.reward;
      }
      // A reward that looks at earlier turns is no sum of values: what was found is worth what it gets, and
      // nothing bounds the rest.
      if (std::abs(sum - best.lower) > kSameReward * n) {
        best.exact = false;
        best.upper = kNan;
      }
      best.lower = sum;
      if (best.exact) best.upper = sum;
    }
    cell.hindsight.push_back(best.lower / n);
    cell.hindsight_upper.push_back(best.upper / n);
    cell.inexact += best.exact ? 0 : 1;
  }

  const Experiment& experiment_;
  const Scenario& scenario_;
  const TableOutcomes& world_;
  const OutcomeTable& table_;
  std::span<const std::uint32_t> train_, tests_;
  RewardModel& reward_;
  std::vector<std::uint32_t> train_turns_;
  std::array<std::vector<std::int64_t>, 2> charged_;  // [table turns][arms]; empty: not charged
};

}  // namespace

WorldBounds bound_world(const Experiment& experiment, const Split& split,
                        std::span<const std::uint32_t> tests, RewardModel& reward,
                        const std::function<void(double)>& progress) {
  return WorldReference(experiment, split, tests, reward).run(progress);
}

}  // namespace offload
