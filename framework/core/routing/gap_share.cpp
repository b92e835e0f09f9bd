#include "core/routing/gap_share.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/statistics/aggregates.hpp"
#include "core/statistics/static_mix.hpp"
#include "offload/random.hpp"

namespace offload {
namespace {

struct Sums {
  double weight = 0, row = 0, mix = 0, hindsight = 0;

  void add(const GapSample& sample, double times) {
    weight += times;
    row += times * sample.row;
    mix += times * sample.mix;
    hindsight += times * sample.hindsight;
  }
  double headroom() const { return (hindsight - mix) / weight; }
  double share() const { return (row - mix) / (hindsight - mix); }
};

// How often each of n is drawn in n drawings with replacement.
std::vector<double> drawn(std::size_t n, Random& random) {
  std::vector<double> times(n, 0.0);
  for (std::size_t i = 0; i < n; ++i) times[random.below(n)] += 1;
  return times;
}

}  // namespace

GapShare gap_share(std::span<const GapSample> samples, int repetitions, std::uint64_t seed) {
  Sums whole;
  std::size_t runs = 0, clusters = 0;
  for (const GapSample& sample : samples) {
    whole.add(sample, 1);
    runs = std::max(runs, std::size_t{sample.run} + 1);
    clusters = std::max(clusters, std::size_t{sample.cluster} + 1);
  }
  const Interval none{kNan, kNan};
  if (samples.empty()) return {kNan, kNan, kNan, kNan, none, none};
  GapShare result{
      whole.row / whole.weight, whole.mix / whole.weight, whole.hindsight / whole.weight, kNan, none, none};
  Random random(seed);
  std::vector<double> shares, headrooms;
  for (int r = 0; r < repetitions; ++r) {
    const std::vector<double> run = drawn(runs, random), cluster = drawn(clusters, random);
    Sums sums;
    for (const GapSample& sample : samples) sums.add(sample, run[sample.run] * cluster[sample.cluster]);
    if (sums.weight == 0) continue;
    headrooms.push_back(sums.headroom());
    shares.push_back(sums.share());
  }
  result.headroom = percentile_interval(std::move(headrooms));
  if (!(result.headroom.low > 0)) return result;
  // Drawings without headroom are less than one in forty here; their share would be any number.
  std::erase_if(shares, [](double share) { return !std::isfinite(share); });
  result.share = whole.share();
  result.interval = percentile_interval(std::move(shares));
  return result;
}

std::vector<double> mix_at_spend(std::span<const double> mean_value,
                                 std::span<const std::array<double, 2>> mean_amounts,
                                 const std::array<double, 2>& spend) {
  std::vector<std::size_t> arms;
  std::vector<double> value;
  std::vector<std::array<double, 2>> amounts;
  std::array<double, 2> bound = spend;
  for (double& b : bound) {
    if (std::isnan(b)) b = std::numeric_limits<double>::infinity();
  }
  for (std::size_t a = 0; a < mean_value.size(); ++a) {
    std::array<double, 2> use = mean_amounts[a];
    bool usable = !std::isnan(mean_value[a]);
    for (std::size_t k = 0; k < 2; ++k) {
      if (std::isinf(bound[k])) use[k] = 0;
      usable = usable && !std::isnan(use[k]);
    }
    if (!usable) continue;
    arms.push_back(a);
    value.push_back(mean_value[a]);
    amounts.push_back(use);
  }
  const std::vector<double> of_usable = best_static_mix(value, amounts, bound);
  if (of_usable.empty()) return {};
  std::vector<double> mix(mean_value.size(), 0.0);
  for (std::size_t i = 0; i < arms.size(); ++i) mix[arms[i]] = of_usable[i];
  return mix;
}

}  // namespace offload
