#include "results/over_splits.hpp"

namespace offload {
namespace {

void append(std::vector<double>& to, const std::vector<double>& more) {
  if (to.empty() || more.empty()) return to.clear();
  to.insert(to.end(), more.begin(), more.end());
}

void add(ReferenceCell& to, const ReferenceCell& cell) {
  CausalCell& sum = to.causal;
  if (sum.exact) sum.inexact_reason = cell.causal.inexact_reason;
  sum.exact = sum.exact && cell.causal.exact;
  sum.lower += cell.causal.lower;
  sum.upper += cell.causal.upper;
  sum.masked_random.value += cell.causal.masked_random.value;
  for (std::size_t i = 0; i < to.scores.size(); ++i) {
    ReferenceScores& scores = to.scores[i];
    const ReferenceScores& more = cell.scores.at(i);
    scores.hindsight_exact = scores.hindsight_exact && more.hindsight_exact;
    append(scores.causal, more.causal);
    append(scores.hindsight, more.hindsight);
    append(scores.masked_random, more.masked_random);
    append(scores.constant, more.constant);
  }
}

void add(WorldBounds& to, const WorldBounds& bounds) {
  to.oracle.quality += bounds.oracle.quality;
  for (std::size_t c = 0; c < to.cells.size(); ++c) {
    WorldCell& cell = to.cells[c];
    const WorldCell& more = bounds.cells.at(c);
    cell.inexact += more.inexact;
    if (cell.constant != more.constant) cell.constant = kDiffers;
    append(cell.hindsight, more.hindsight);
    append(cell.best_per_task.reward, more.best_per_task.reward);
    append(cell.best_constant.reward, more.best_constant.reward);
    append(cell.random, more.random);
  }
}

}  // namespace

ReferenceResult over_splits(const std::vector<ReferenceResult>& results) {
  ReferenceResult all = results.front();
  for (std::size_t i = 1; i < results.size(); ++i) {
    for (std::size_t c = 0; c < all.cells.size(); ++c) add(all.cells[c], results[i].cells.at(c));
    if (all.world) add(*all.world, results[i].world.value());
  }
  const auto splits = static_cast<double>(results.size());
  for (ReferenceCell& cell : all.cells) {
    cell.causal.lower /= splits;
    cell.causal.upper /= splits;
    cell.causal.masked_random.value /= splits;
  }
  if (all.world) all.world->oracle.quality /= splits;
  return all;
}

}  // namespace offload
