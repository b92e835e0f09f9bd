#include "core/routing/arms.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <string>
#include <utility>

#include "core/environment/profile.hpp"
#include "core/statistics/aggregates.hpp"
#include "offload/random.hpp"

namespace offload {
namespace {

constexpr double kEqualMeans = 1e-12;

// The amount of a cell in s or USD; NaN where the table does not tell.
double amount_of(const std::vector<std::int64_t>& column, std::size_t cell, int resource) {
  if (column.empty() || column[cell] == kUnknownAmount) return kNan;
  return from_amount(column[cell], resource);
}

class Mean {
 public:
  void add(double value) {
    sum_ += value;
    ++count_;
  }
  void add_known(double value) {
    if (!std::isnan(value)) add(value);
  }
  std::size_t count() const { return count_; }
  double value() const { return count_ == 0 ? kNan : sum_ / static_cast<double>(count_); }

 private:
  double sum_ = 0;
  std::size_t count_ = 0;
};

std::size_t cheapest_best(const OutcomeTable& table, std::size_t turn) {
  const auto cost = [&](std::size_t arm) {
    const double usd = amount_of(table.cost_pusd, table.cell(turn, arm), 1);
    return std::isnan(usd) ? std::numeric_limits<double>::infinity() : usd;
  };
  std::size_t best = table.arms.size();
  for (std::size_t a = 0; a < table.arms.size(); ++a) {
    if (!table.is_known(turn, a)) continue;
    if (best == table.arms.size()) {
      best = a;
      continue;
    }
    const double quality = table.quality[table.cell(turn, a)], most = table.quality[table.cell(turn, best)];
    if (quality > most || (quality == most && cost(a) < cost(best))) best = a;
  }
  return best;
}

void count_query(const OutcomeTable& table, std::size_t turn, double best, QueryOracle& oracle) {
  double least = best;
  std::size_t at_best = 0;
  for (std::size_t a = 0; a < table.arms.size(); ++a) {
    if (!table.is_known(turn, a)) continue;
    const double quality = table.quality[table.cell(turn, a)];
    least = std::min(least, quality);
    if (quality == best) ++at_best;
  }
  ++oracle.queries;
  if (best <= table.notes.quality_low) ++oracle.at_low;
  if (least >= table.notes.quality_high) ++oracle.at_high;
  if (at_best > 1) ++oracle.ties_at_best;
  if (least == best) ++oracle.all_equal;
}

}  // namespace

std::vector<ArmMeans> arm_means(const OutcomeTable& table, std::span<const std::uint32_t> turns) {
  std::vector<ArmMeans> means;
  for (std::size_t a = 0; a < table.arms.size(); ++a) {
    Mean quality, latency, cost;
    for (const std::uint32_t turn : turns) {
      if (!table.is_known(turn, a)) continue;
      const std::size_t cell = table.cell(turn, a);
      quality.add(table.quality[cell]);
      latency.add_known(amount_of(table.latency_ns, cell, 0));
      cost.add_known(amount_of(table.cost_pusd, cell, 1));
    }
    means.push_back(
        {quality.count(), latency.count(), cost.count(), quality.value(), latency.value(), cost.value()});
  }
  return means;
}

std::vector<std::uint32_t> complete_turns(const OutcomeTable& table, std::span<const std::uint32_t> turns) {
  std::vector<std::uint32_t> complete;
  for (const std::uint32_t turn : turns) {
    bool all = true;
    for (std::size_t a = 0; a < table.arms.size(); ++a) all = all && table.is_known(turn, a);
    if (all) complete.push_back(turn);
  }
  return complete;
}

QueryOracle query_oracle(const OutcomeTable& table, std::span<const std::uint32_t> turns) {
  QueryOracle oracle;
  oracle.calls.assign(table.arms.size(), 0);
  Mean quality, latency, cost;
  for (const std::uint32_t turn : turns) {
    const std::size_t arm = cheapest_best(table, turn);
    if (arm == table.arms.size()) continue;
    const std::size_t cell = table.cell(turn, arm);
    count_query(table, turn, table.quality[cell], oracle);
    ++oracle.calls[arm];
    quality.add(table.quality[cell]);
    latency.add(amount_of(table.latency_ns, cell, 0));
    cost.add(amount_of(table.cost_pusd, cell, 1));
  }
  oracle.quality = quality.value();
  oracle.latency_s = latency.value();
  oracle.cost_usd = cost.value();
  return oracle;
}

PairCounts pair_counts(const OutcomeTable& table, std::span<const std::uint32_t> turns, std::size_t weak,
                       std::size_t strong) {
  PairCounts counts;
  for (const std::uint32_t turn : turns) {
    if (!table.is_known(turn, weak) || !table.is_known(turn, strong)) continue;
    const bool w = table.quality[table.cell(turn, weak)] >= table.notes.quality_high;
    const bool s = table.quality[table.cell(turn, strong)] >= table.notes.quality_high;
    ++counts.queries;
    counts.weak += w ? 1 : 0;
    counts.strong += s ? 1 : 0;
    ++(w && s ? counts.both : w ? counts.weak_only : s ? counts.strong_only : counts.neither);
  }
  return counts;
}

std::vector<double> mean_values(const OutcomeTable& table, std::span<const double> value,
                                std::span<const std::uint32_t> turns) {
  std::vector<double> means;
  for (std::size_t a = 0; a < table.arms.size(); ++a) {
    Mean mean;
    for (const std::uint32_t turn : turns) {
      if (table.is_known(turn, a)) mean.add(value[table.cell(turn, a)]);
    }
    means.push_back(mean.value());
  }
  return means;
}

std::uint16_t best_arm(std::span<const double> mean) {
  std::size_t best = 0;
  for (std::size_t a = 1; a < mean.size(); ++a) {
    if (mean[a] > mean[best] + kEqualMeans || (std::isnan(mean[best]) && !std::isnan(mean[a]))) best = a;
  }
  return static_cast<std::uint16_t>(best);
}

std::vector<std::uint16_t> best_per_task(const OutcomeTable& table, std::span<const double> value,
                                         std::span<const std::uint8_t> task, std::size_t tasks,
                                         std::span<const std::uint32_t> turns) {
  std::vector<std::vector<std::uint32_t>> of_task(tasks);
  for (const std::uint32_t turn : turns) of_task[task[turn]].push_back(turn);
  const std::vector<double> overall = mean_values(table, value, turns);
  std::vector<std::uint16_t> arms;
  for (const auto& own : of_task) {
    arms.push_back(best_arm(own.empty() ? overall : mean_values(table, value, own)));
  }
  return arms;
}

std::vector<std::uint32_t> group_folds(std::span<const std::uint32_t> group, std::uint32_t folds,
                                       std::uint64_t seed) {
  std::vector<std::uint32_t> groups(group.begin(), group.end());
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  std::vector<std::uint32_t> shuffled = groups;
  Random random(seed);
  for (std::size_t i = shuffled.size(); i > 1; --i) std::swap(shuffled[i - 1], shuffled[random.below(i)]);
  std::map<std::uint32_t, std::uint32_t> fold_of;
  for (std::size_t i = 0; i < shuffled.size(); ++i)
    fold_of[shuffled[i]] = static_cast<std::uint32_t>(i % folds);
  std::vector<std::uint32_t> fold;
  for (const std::uint32_t g : group) fold.push_back(fold_of[g]);
  return fold;
}

std::vector<std::uint16_t> cross_fitted_per_task(const OutcomeTable& table, std::span<const double> value,
                                                 std::span<const std::uint8_t> task, std::size_t tasks,
                                                 std::span<const std::uint32_t> turns, std::uint32_t folds,
                                                 std::uint64_t seed) {
  std::vector<std::uint32_t> group;
  for (const std::uint32_t turn : turns)
    group.push_back(table.prompt_group.empty() ? turn : table.prompt_group[turn]);
  const std::vector<std::uint32_t> fold = group_folds(group, folds, seed);
  std::vector<std::uint16_t> arms(turns.size());
  for (std::uint32_t f = 0; f < folds; ++f) {
    std::vector<std::uint32_t> others;
    for (std::size_t i = 0; i < turns.size(); ++i) {
      if (fold[i] != f) others.push_back(turns[i]);
    }
    const auto by_task = best_per_task(table, value, task, tasks,
                                       others.empty() ? turns : std::span<const std::uint32_t>(others));
    for (std::size_t i = 0; i < turns.size(); ++i) {
      if (fold[i] == f) arms[i] = by_task[task[turns[i]]];
    }
  }
  return arms;
}

OracleLuck oracle_luck(const OutcomeTable& table, std::span<const std::uint32_t> turns) {
  const OutcomeNotes& notes = table.notes;
  const double range = notes.quality_high - notes.quality_low;
  if (notes.draws_per_cell < 2 || !(range > 0)) return {kNan, kNan};
  Mean of_means, one_draw;
  for (const std::uint32_t turn : turns) {
    double best = 0, none_right = 1;
    bool any = false;
    for (std::size_t a = 0; a < table.arms.size(); ++a) {
      if (!table.is_known(turn, a)) continue;
      const double share = (table.quality[table.cell(turn, a)] - notes.quality_low) / range;
      const double right = share * notes.draws_per_cell;
      if (std::abs(right - std::round(right)) > 1e-6) return {kNan, kNan};
      best = std::max(best, share);
      none_right *= 1 - share;
      any = true;
    }
    if (!any) continue;
    of_means.add(notes.quality_low + range * best);
    one_draw.add(notes.quality_low + range * (1 - none_right));
  }
  return {of_means.value(), one_draw.value()};
}

}  // namespace offload
