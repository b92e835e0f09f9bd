#include "core/statistics/intervals.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/statistics/aggregates.hpp"
#include "offload/random.hpp"

namespace offload {

Interval wilson_of_rate(double rate, double trials) {
  if (!(trials > 0)) return {0, 1};
  constexpr double z = 1.959963984540054;
  const double n = trials, p = rate;
  const double centre = p + z * z / (2 * n);
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  // The ends are exactly 0 and 1 there; rounding would leave 1e-17.
  return {p == 0 ? 0 : std::max(0.0, (centre - half) / scale),
          p == 1 ? 1 : std::min(1.0, (centre + half) / scale)};
}

namespace {

// Of what begins with `sorted` values that are no larger than any after them.
double quantile_from(std::span<double> values, std::size_t sorted, double q) {
  const double position = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::ptrdiff_t>(position);
  const auto at = values.begin() + below;
  std::nth_element(values.begin() + static_cast<std::ptrdiff_t>(sorted), at, values.end());
  const double low = *at;
  if (at + 1 == values.end()) return low;
  const double high = *std::min_element(at + 1, values.end());
  return low + (position - static_cast<double>(below)) * (high - low);
}

}  // namespace

double quantile(std::span<double> values, double q) {
  return values.empty() ? kNan : quantile_from(values, 0, q);
}

Interval percentile_interval(std::vector<double> values) {
  std::erase_if(values, [](double v) { return std::isnan(v); });
  if (values.empty()) return {kNan, kNan};
  constexpr double kLow = .025, kHigh = .975;
  const double low = quantile_from(values, 0, kLow);
  const auto parted = static_cast<std::size_t>(kLow * static_cast<double>(values.size() - 1));
  return {low, quantile_from(values, parted, kHigh)};
}

namespace {

// One drawing after the other; what is drawn are places in the sorted scores, so that the middle half of a
// drawing is a walk over counts.
class StratifiedDrawings {
 public:
  explicit StratifiedDrawings(const ScoreMatrix& scores)
      : scores_(scores), place_(scores.value.size()), sorted_(scores.value), count_(scores.value.size()) {
    std::vector<std::uint32_t> order(place_.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return scores.value[a] < scores.value[b]; });
    for (std::uint32_t i = 0; i < order.size(); ++i) {
      place_[order[i]] = i;
      sorted_[i] = scores.value[order[i]];
    }
  }

  // `drawn`: runs by task, for as many drawings as there are.
  void take(std::span<const std::uint32_t> drawn) {
    for (; !drawn.empty(); drawn = drawn.subspan(scores_.value.size())) {
      draw(drawn.data());
      means_.push_back(offload::mean_of(task_means_));
      middles_.push_back(interquartile_mean());
      gaps_.push_back(optimality_gap());
      medians_.push_back(quantile(task_means_, .5));
    }
  }
  StratifiedIntervals intervals() {
    return {percentile_interval(std::move(means_)), percentile_interval(std::move(middles_)),
            percentile_interval(std::move(medians_)), percentile_interval(std::move(gaps_))};
  }

 private:
  void draw(const std::uint32_t* next) {
    std::fill(count_.begin(), count_.end(), 0U);
    task_means_.assign(scores_.tasks, 0.0);
    for (std::size_t task = 0; task < scores_.tasks; ++task) {
      for (std::size_t run = 0; run < scores_.runs; ++run) {
        const std::size_t at = *next++ * scores_.tasks + task;
        ++count_[place_[at]];
        task_means_[task] += scores_.value[at];
      }
      task_means_[task] /= static_cast<double>(scores_.runs);
    }
  }

  double interquartile_mean() const {
    const std::size_t dropped = sorted_.size() / 4, end = sorted_.size() - dropped;
    double sum = 0;
    std::size_t passed = 0;
    for (std::size_t i = 0; passed < end; passed += count_[i++]) {
      const std::size_t first = std::max(passed, dropped), last = std::min(passed + count_[i], end);
      if (first < last) sum += static_cast<double>(last - first) * sorted_[i];
    }
    return sum / static_cast<double>(end - dropped);
  }
  double optimality_gap() const {
    double sum = 0;
    for (std::size_t i = 0; i < sorted_.size(); ++i)
      sum += static_cast<double>(count_[i]) * std::min(sorted_[i], 1.0);
    return 1 - sum / static_cast<double>(sorted_.size());
  }

  const ScoreMatrix& scores_;
  std::vector<std::uint32_t> place_;  // of a score among the sorted ones
  std::vector<double> sorted_;
  std::vector<std::uint32_t> count_;  // [places] in the drawing
  std::vector<double> task_means_;
  std::vector<double> means_, middles_, medians_, gaps_;  // [drawings so far]
};

}  // namespace

std::vector<StratifiedIntervals> stratified_bootstrap(std::span<const ScoreMatrix> scores, int repetitions,
                                                      std::uint64_t seed) {
  const Interval none{kNan, kNan};
  std::vector<StratifiedIntervals> intervals(scores.size(), {none, none, none, none});
  // One run drawn again and again is itself, which would pass for certainty.
  if (scores.empty() || scores[0].runs < 2 || scores[0].tasks == 0) return intervals;
  // So many drawings at once that a matrix stays in the processor's cache while it takes them.
  constexpr std::size_t kDrawnMost = std::size_t{1} << 15;
  const std::size_t runs = scores[0].runs, size = runs * scores[0].tasks;
  const std::size_t at_once = std::max<std::size_t>(1, kDrawnMost / size);
  std::vector<StratifiedDrawings> drawings(scores.begin(), scores.end());
  Random random(seed);
  std::vector<std::uint32_t> drawn;
  for (auto left = static_cast<std::size_t>(repetitions); left > 0;) {
    const std::size_t count = std::min(left, at_once);
    drawn.resize(count * size);
    for (std::uint32_t& run : drawn) run = static_cast<std::uint32_t>(random.below(runs));
    for (StratifiedDrawings& one : drawings) one.take(drawn);
    left -= count;
  }
  for (std::size_t i = 0; i < scores.size(); ++i) intervals[i] = drawings[i].intervals();
  return intervals;
}

}  // namespace offload
