#include "core/oracle/policy_walk.hpp"

#include <offload/random.hpp>

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "core/induction/outcome_rows.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kWalkPurpose = 0x77616c6b;     // "walk"
constexpr std::uint64_t kOrderPurpose = 0x6f72646572;  // "order"
constexpr std::size_t kWalkBatch = 4096;

// Plays task sequences; a sequence's number is its tasks read as digits, the first one leading.
class Walk {
 public:
  Walk(const Scenario& scenario, Policy& policy, const Amounts& limit, int slots, int first_slot)
      : scenario_(scenario),
        policy_(policy),
        limit_(limit),
        slots_(slots),
        first_slot_(first_slot),
        tasks_(static_cast<std::size_t>(scenario.tasks())),
        turns_(static_cast<std::size_t>(scenario.turns_max())) {
    std::int64_t prefixes = 1;
    for (std::size_t t = 0; t < turns_; ++t) {
      prefixes *= scenario.tasks();
      if (prefixes > kWalkSequences) {
        fail(ErrorKind::config,
             "the exact value of a policy needs at most {} task sequences; {} over {} "
             "are more",
             kWalkSequences, counted(tasks_, "task"), counted(turns_, "turn"));
      }
      chosen_.emplace_back(static_cast<std::size_t>(prefixes), kNotYet);
      masked_.emplace_back(static_cast<std::size_t>(prefixes));
    }
    const auto n = static_cast<std::size_t>(slots);
    slot_.resize(n);
    first_.resize(n);
    rng_.resize(n);
    observation_.resize(n * static_cast<std::size_t>(scenario.layout().size()));
    mask_.resize(n * static_cast<std::size_t>(scenario.actions().size()));
    limits_.resize(n * kResources);
    spents_.resize(n * kResources);
    action_.resize(n);
  }

  // False when the policy contradicts itself.
  bool play(std::uint64_t seed) {
    const std::size_t sequences = chosen_.back().size();
    std::vector<std::size_t> order(sequences);
    std::iota(order.begin(), order.end(), std::size_t{0});
    Random random(stream(seed, kOrderPurpose));
    for (std::size_t left = sequences; left > 1; --left)
      std::swap(order[left - 1], order[random.below(left)]);
    for (std::size_t begin = 0; begin < sequences; begin += static_cast<std::size_t>(slots_)) {
      const std::size_t n = std::min(static_cast<std::size_t>(slots_), sequences - begin);
      for (std::size_t turn = 0; turn < turns_; ++turn) {
        for (std::size_t i = 0; i < n; ++i) show(turn, i, order[begin + i], seed);
        const offload_view view = {
            sizeof(offload_view), static_cast<std::int32_t>(n), slot_.data(), first_.data(),
            rng_.data(),          observation_.data(),          mask_.data(), limits_.data(),
            spents_.data()};
        policy_.act(view, action_.data());
        for (std::size_t i = 0; i < n; ++i) {
          if (!take(turn, i, order[begin + i])) return false;
        }
      }
    }
    return true;
  }

  // What the policy does in an episode with these tasks.
  std::vector<std::uint16_t> along(std::span<const std::uint8_t> tasks) const {
    std::vector<std::uint16_t> actions;
    for (std::size_t turn = 0, prefix = 0; turn < tasks.size(); ++turn) {
      prefix = prefix * tasks_ + tasks[turn];
      actions.push_back(static_cast<std::uint16_t>(chosen_[turn][prefix]));
    }
    return actions;
  }
  bool masked(std::size_t turn, std::size_t prefix) const { return masked_[turn][prefix] != 0; }
  // What happened up to a prefix: its tasks [turn + 1] and actions, the one at `turn` included.
  void retrace(std::size_t turn, std::size_t prefix, std::vector<std::uint8_t>& task,
               std::vector<std::uint16_t>& action) const {
    task.resize(turn + 1);
    action.resize(turn + 1);
    for (std::size_t t = turn + 1; t-- > 0; prefix /= tasks_) {
      task[t] = static_cast<std::uint8_t>(prefix % tasks_);
      action[t] = static_cast<std::uint16_t>(chosen_[t][prefix]);
    }
  }

 private:
  static constexpr std::int32_t kNotYet = -1;

  std::size_t prefix_of(std::size_t turn, std::size_t sequence) const {
    for (std::size_t t = turn + 1; t < turns_; ++t) sequence /= tasks_;
    return sequence;
  }

  void show(std::size_t turn, std::size_t i, std::size_t sequence, std::uint64_t seed) {
    const ObservationLayout& layout = scenario_.layout();
    // Every action before this turn is known, since a chunk goes through the turns together.
    task_.resize(turn + 1);
    taken_.resize(turn);
    Amounts spent{};
    for (std::size_t t = 0; t <= turn; ++t) {
      const std::size_t prefix = prefix_of(t, sequence);
      task_[t] = static_cast<std::uint8_t>(prefix % tasks_);
      if (t == turn) break;
      taken_[t] = static_cast<std::uint16_t>(chosen_[t][prefix]);
      for (std::size_t k = 0; k < kResources; ++k)
        spent[k] += scenario_.consumption().of_action(taken_[t])[k];
    }
    float* observation = observation_.data() + i * static_cast<std::size_t>(layout.size());
    layout.write_frames({task_, taken_}, observation);
    layout.write_tail(static_cast<int>(turn), spent, limit_, observation + layout.frames());
    const auto actions = static_cast<std::size_t>(scenario_.actions().size());
    scenario_.feasibility().mask(static_cast<int>(turn), spent, limit_, mask_.data() + i * actions);
    slot_[i] = first_slot_ + static_cast<std::int32_t>(i);
    first_[i] = turn == 0;
    rng_[i] = stream(seed, kWalkPurpose, sequence, turn);
    for (std::size_t k = 0; k < kResources; ++k) {
      limits_[i * kResources + k] = from_amount(limit_[k], static_cast<int>(k));
      spents_[i * kResources + k] = from_amount(spent[k], static_cast<int>(k));
    }
  }

  bool take(std::size_t turn, std::size_t i, std::size_t sequence) {
    const std::int32_t action = action_[i], actions = scenario_.actions().size();
    if (action < 0 || action >= actions) {
      fail(ErrorKind::plugin, "action {} of row {} is outside 0..{}", action, i, actions - 1);
    }
    const std::size_t prefix = prefix_of(turn, sequence);
    std::int32_t& chosen = chosen_[turn][prefix];
    if (chosen == kNotYet) {
      chosen = action;
      masked_[turn][prefix] =
          mask_[i * static_cast<std::size_t>(actions) + static_cast<std::size_t>(action)] == 0;
    }
    return chosen == action;
  }

  const Scenario& scenario_;
  Policy& policy_;
  Amounts limit_;
  int slots_, first_slot_;
  std::size_t tasks_, turns_;
  std::vector<std::vector<std::int32_t>> chosen_;  // [turn][prefix]
  std::vector<std::vector<std::uint8_t>> masked_;  // [turn][prefix]
  std::vector<std::uint8_t> task_;
  std::vector<std::uint16_t> taken_;
  std::vector<std::int32_t> slot_, action_;
  std::vector<std::uint8_t> first_, mask_;
  std::vector<std::uint64_t> rng_;
  std::vector<float> observation_;
  std::vector<double> limits_, spents_;
};

// Probability of every task prefix one turn later.
std::vector<double> next_probability(const CausalModel& model, const std::vector<double>& probability) {
  const auto tasks = static_cast<std::size_t>(model.tasks);
  std::vector<double> next(probability.size() * tasks);
  for (std::size_t prefix = 0; prefix < next.size(); ++prefix) {
    const std::size_t before = prefix / tasks;
    next[prefix] = probability[before] * model.transition[before % tasks * tasks + prefix % tasks];
  }
  return next;
}

// Rewards of rows and what each counts.
struct WeightedRows {
  OutcomeRows rows;
  std::vector<double> share, rewards;

  double score(RewardModel& reward) {
    rewards.resize(rows.size());
    rows.score(reward, rewards.data());
    double sum = 0;
    for (std::size_t i = 0; i < rewards.size(); ++i) sum += share[i] * rewards[i];
    rows.clear();
    share.clear();
    return sum;
  }
};

}  // namespace

std::optional<PolicyValue> walk_policy(const Scenario& scenario, const ResponseModel& planning,
                                       const CausalModel& model, RewardModel& reward, Policy& policy,
                                       const Amounts& limit, int slots, int first_slot, std::uint64_t seed,
                                       WalkedEpisodes* walked) {
  Walk walk(scenario, policy, limit, slots, first_slot);
  if (!walk.play(stream(seed, 1)) || !walk.play(stream(seed, 2))) return std::nullopt;
  for (std::size_t i = 0; walked != nullptr && i < walked->episodes.size(); ++i) {
    const EpisodeTable& data = scenario.data();
    const std::uint32_t e = walked->episodes[i];
    walked->actions.push_back(
        walk.along({data.task.data() + data.turn(e, 0), static_cast<std::size_t>(data.length(e))}));
  }
  const Game game = causal_game(model);
  PolicyValue result;
  WeightedRows batch;
  std::vector<double> probability = model.first;
  std::vector<std::uint8_t> task;
  std::vector<std::uint16_t> action;
  for (std::size_t turn = 0; turn < game.turns.size(); ++turn) {
    const double reached = model.reached(static_cast<int>(turn));
    for (std::size_t prefix = 0; prefix < probability.size(); ++prefix) {
      walk.retrace(turn, prefix, task, action);
      const std::uint16_t last = action.back();
      action.pop_back();
      Amounts spent{};
      for (const std::uint16_t a : action) {
        for (std::size_t k = 0; k < kResources; ++k) spent[k] += scenario.consumption().of_action(a)[k];
      }
      batch.rows.add(scenario, game.turns[turn], task.back(), last, spent, limit,
                     planning.score({task, action}, last));
      batch.share.push_back(probability[prefix] * reached * game.turns[turn].weight);
      if (batch.rows.size() == kWalkBatch) result.value += batch.score(reward);
      bool over = false;
      for (std::size_t k = 0; k < kResources; ++k) {
        over |= spent[k] + scenario.consumption().of_action(last)[k] > limit[k];
      }
      if (over) result.violation_probability += probability[prefix] * model.length[turn];
      if (walk.masked(turn, prefix)) result.masked_actions += probability[prefix] * reached;
    }
    if (turn + 1 < game.turns.size()) probability = next_probability(model, probability);
  }
  result.value += batch.score(reward);
  return result;
}

}  // namespace offload
