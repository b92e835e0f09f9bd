// Training episodes: drawn uniformly with replacement from the training split, each with budgets drawn as the
// suite says.
#pragma once

#include <offload/random.hpp>

#include <cstdint>
#include <span>

#include "core/simulation/batch_environment.hpp"
#include "suite/suite.hpp"

namespace offload {

class TrainingSource final : public EpisodeSource {
 public:
  // `cell` is the budgets' source when they are per cell.
  TrainingSource(const Scenario& scenario, std::span<const std::uint32_t> episodes,
                 const TrainingBudgets& budgets, const BudgetCell& cell, std::uint64_t seed);
  bool next(int slot, EpisodeStart& start) override;

 private:
  Amounts draw_budgets(Random& random) const;
  std::int64_t normal(Random& random, std::size_t resource) const;
  std::int64_t uniform(Random& random, std::size_t resource) const;
  std::int64_t edge(Random& random, std::size_t resource) const;

  const Scenario& scenario_;
  std::span<const std::uint32_t> episodes_;
  TrainingBudgets budgets_;
  Amounts cell_limit_;
  std::array<double, kResources> low_, high_;  // the journal version's range
  std::uint64_t seed_, drawn_ = 0;
};

}  // namespace offload
