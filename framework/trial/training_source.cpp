#include "trial/training_source.hpp"

#include <algorithm>
#include <cmath>

namespace offload {
namespace {

constexpr std::uint64_t kTrainingPurpose = 0x747261696e;  // "train"
constexpr std::uint64_t kAgentPurpose = 0x6167656e74;     // "agent"

}  // namespace

TrainingSource::TrainingSource(const Scenario& scenario, std::span<const std::uint32_t> episodes,
                               const TrainingBudgets& budgets, const BudgetCell& cell, std::uint64_t seed)
    : scenario_(scenario), episodes_(episodes), budgets_(budgets), cell_limit_(cell.limit), seed_(seed) {
  const Consumption& consumption = scenario.consumption();
  for (std::size_t k = 0; k < kResources; ++k) {
    const auto local = static_cast<double>(consumption.of_kind(0)[k]) * scenario.layout().window();
    const auto cloud =
        static_cast<double>(consumption.of_kind(consumption.kinds() - 1)[k]) * scenario.layout().window();
    low_[k] = std::min(local, cloud);
    high_[k] = std::max(local, cloud);
  }
}

std::int64_t TrainingSource::normal(Random& random, std::size_t k) const {
  const double value = (low_[k] + high_[k]) / 2 + random.normal() * (high_[k] - low_[k]) / 6;
  return std::llround(std::clamp(value, low_[k], high_[k]));
}

std::int64_t TrainingSource::uniform(Random& random, std::size_t k) const {
  return std::llround(low_[k] + random.uniform() * (high_[k] - low_[k]));
}

std::int64_t TrainingSource::edge(Random& random, std::size_t k) const {
  const bool lower = random.uniform() < .5;
  const double distance = random.exponential() * .1 * (high_[k] - low_[k]);
  return std::llround(std::clamp(lower ? low_[k] + distance : high_[k] - distance, low_[k], high_[k]));
}

Amounts TrainingSource::draw_budgets(Random& random) const {
  using Kind = TrainingBudgets::Kind;
  switch (budgets_.kind) {
    case Kind::none:
      return {kUnlimited, kUnlimited};
    case Kind::fixed:
      return budgets_.fixed;
    case Kind::per_cell:
      return cell_limit_;
    case Kind::uniform: {
      const double range = budgets_.rho_high - budgets_.rho_low;
      const double latency_rho = budgets_.rho_low + random.uniform() * range;
      const double cost_rho = budgets_.rho_low + random.uniform() * range;
      return relative_budget(scenario_.consumption(), scenario_.turns_max(), latency_rho, cost_rho);
    }
    case Kind::tmo_uniform: {
      const std::int64_t latency = uniform(random, 0);
      return {latency, uniform(random, 1)};
    }
    case Kind::tmo_normal: {
      const std::int64_t latency = normal(random, 0);
      return {latency, normal(random, 1)};
    }
    case Kind::tmo_extreme_aware:
      break;
  }
  const double mixture = random.uniform();
  Amounts limit;
  const std::size_t edged = random.uniform() < .5 ? 0 : 1;
  for (std::size_t k = 0; k < kResources; ++k) {
    limit[k] = mixture < .5                 ? normal(random, k)
               : mixture < .8               ? uniform(random, k)
               : mixture < .9 && k != edged ? uniform(random, k)
                                            : edge(random, k);
  }
  return limit;
}

bool TrainingSource::next(int slot, EpisodeStart& start) {
  Random random(stream(seed_, kTrainingPurpose, slot, drawn_));
  start.episode = episodes_[random.below(episodes_.size())];
  start.limit = draw_budgets(random);
  start.rng_stream = stream(seed_, kTrainingPurpose, kAgentPurpose, slot, drawn_);
  ++drawn_;
  return true;
}

}  // namespace offload
