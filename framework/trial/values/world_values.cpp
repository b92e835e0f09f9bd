#include "trial/values/world_values.hpp"

#include <offload/random.hpp>

#include <algorithm>
#include <array>
#include <limits>

#include "core/oracle/simple_rows.hpp"
#include "core/routing/arms.hpp"
#include "core/routing/gap_share.hpp"
#include "core/statistics/aggregates.hpp"

namespace offload {
namespace {

// Of a bound that the row's own shares of arms may meet with equality.
constexpr double kRoundingUp = 1 + 1e-12;

// The arm at every turn of the session where it is known, elsewhere the first known one. Empty where the
// session's first choice binds the others and the arm is not known throughout.
std::vector<std::uint16_t> mostly(const OutcomeTable& table, std::size_t first, std::size_t turns,
                                  std::size_t arm) {
  std::vector<std::uint16_t> actions;
  for (std::size_t t = 0; t < turns; ++t) {
    std::size_t taken = arm;
    if (!table.is_known(first + t, arm)) {
      if (table.notes.same_arm_path) return {};
      taken = 0;
      while (taken < table.arms.size() && !table.is_known(first + t, taken)) ++taken;
      if (taken == table.arms.size()) return {};
    }
    actions.push_back(static_cast<std::uint16_t>(taken));
  }
  return actions;
}

// Mean charges per turn over the arm's known cells, s and USD; 0 for what is not charged.
std::array<double, 2> mean_charges(const TableOutcomes& world, std::span<const std::uint32_t> turns,
                                   std::size_t arm) {
  std::array<double, 2> sum{};
  double known = 0;
  for (const std::uint32_t turn : turns) {
    if (!world.table().is_known(turn, arm)) continue;
    const Amounts amounts = world.charges().of(turn, arm);
    for (std::size_t k = 0; k < 2; ++k) sum[k] += from_amount(amounts[k], static_cast<int>(k));
    ++known;
  }
  if (known == 0) return {kNan, kNan};
  return {sum[0] / known, sum[1] / known};
}

}  // namespace

std::vector<std::uint32_t> turns_of(const EpisodeTable& data, std::span<const std::uint32_t> episodes) {
  std::vector<std::uint32_t> turns;
  for (const std::uint32_t e : episodes) {
    for (int t = 0; t < data.length(e); ++t) turns.push_back(static_cast<std::uint32_t>(data.turn(e, t)));
  }
  return turns;
}

std::vector<double> world_rewards(const Scenario& scenario, RewardModel& reward,
                                  std::span<const std::uint32_t> episodes, const Amounts& limit) {
  const TableOutcomes& world = *scenario.world();
  const OutcomeTable& table = world.table();
  std::vector<double> values(table.turns() * table.arms.size(), 0.0);
  for (const std::uint32_t e : episodes) {
    const std::size_t first = scenario.data().turn(e, 0);
    const auto length = static_cast<std::size_t>(scenario.data().length(e));
    for (std::size_t a = 0; a < table.arms.size(); ++a) {
      const std::vector<std::uint16_t> actions = mostly(table, first, length, a);
      if (actions.empty()) continue;
      const auto outcomes = score_decisions(scenario, world, reward, e, actions, limit, false);
      for (std::size_t t = 0; t < length; ++t) {
        if (actions[t] == a) values[table.cell(first + t, a)] = outcomes[t].reward;
      }
    }
  }
  return values;
}

namespace {

// Whoever plays the cheapest arm alone takes now and then a little less on the tests than that arm does on
// the training side, where nothing would fit: then the mix is the arm that takes the least more, up to this
// much.
constexpr double kOtherQueries = 1.1;

// Empty where every arm takes more than that.
std::vector<double> nearest_arm(const std::vector<std::array<double, 2>>& amounts,
                                const std::array<double, 2>& spend) {
  std::size_t nearest = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t a = 0; a < amounts.size(); ++a) {
    double ratio = 0;
    for (std::size_t k = 0; k < 2; ++k) {
      if (amounts[a][k] > 0) ratio = std::max(ratio, amounts[a][k] / spend[k]);
    }
    if (ratio >= least) continue;
    least = ratio;
    nearest = a;
  }
  if (least > kOtherQueries) return {};
  std::vector<double> probability(amounts.size(), 0.0);
  probability[nearest] = 1;
  return probability;
}

}  // namespace

std::optional<StaticMix> world_mix(const Scenario& scenario, std::span<const double> training,
                                   std::span<const std::uint32_t> train, const CellResult& result) {
  const TableOutcomes& world = *scenario.world();
  const std::vector<std::uint32_t> turns = turns_of(scenario.data(), train);
  std::vector<std::array<double, 2>> amounts;
  for (std::size_t a = 0; a < world.table().arms.size(); ++a) {
    amounts.push_back(mean_charges(world, turns, a));
  }
  double taken = 0;
  std::array<double, 2> spend{};
  for (std::size_t i = 0; i < result.decisions.size(); ++i) {
    taken += static_cast<double>(result.decisions[i].size());
    spend[0] += result.latency_s[i];
    spend[1] += result.cost_usd[i];
  }
  for (std::size_t k = 0; k < 2; ++k) {
    spend[k] =
        world.charges().has(k) ? spend[k] / taken * kRoundingUp : std::numeric_limits<double>::infinity();
  }
  StaticMix mix{mix_at_spend(mean_values(world.table(), training, turns), amounts, spend), 0};
  if (mix.probability.empty()) mix.probability = nearest_arm(amounts, spend);
  if (mix.probability.empty()) return std::nullopt;
  return mix;
}

std::vector<double> expected_mix_rewards(const Scenario& scenario, std::span<const double> values,
                                         std::span<const std::uint32_t> tests,
                                         std::span<const double> probability) {
  const OutcomeTable& table = scenario.world()->table();
  std::vector<double> rewards;
  for (const std::uint32_t e : tests) {
    double sum = 0;
    for (int t = 0; t < scenario.data().length(e); ++t) {
      const std::size_t turn = scenario.data().turn(e, t);
      double known = 0, expected = 0;
      for (std::size_t a = 0; a < table.arms.size(); ++a) {
        if (!table.is_known(turn, a)) continue;
        known += probability[a];
        expected += probability[a] * values[table.cell(turn, a)];
      }
      sum += known > 0 ? expected / known : kNan;
    }
    rewards.push_back(sum / scenario.data().length(e));
  }
  return rewards;
}

double mix_violations(const Scenario& scenario, std::span<const std::uint32_t> tests, const Amounts& limit,
                      std::span<const double> probability, std::uint64_t seed) {
  const TableOutcomes& world = *scenario.world();
  double violations = 0;
  for (const std::uint32_t e : tests) {
    Random random(stream(seed, e));
    for (int rollout = 0; rollout < kMixRollouts; ++rollout) {
      Amounts spent{};
      for (int t = 0; t < scenario.data().length(e); ++t) {
        double left = random.uniform();
        std::size_t arm = 0;
        while (arm + 1 < probability.size() && left >= probability[arm]) left -= probability[arm++];
        const std::size_t turn = scenario.data().turn(e, t);
        if (!world.table().is_known(turn, arm)) continue;
        const Amounts charged = world.charges().of(turn, arm);
        for (std::size_t k = 0; k < 2; ++k) spent[k] += charged[k];
      }
      violations += spent[0] > limit[0] || spent[1] > limit[1];
    }
  }
  return violations / kMixRollouts / static_cast<double>(tests.size());
}

}  // namespace offload
