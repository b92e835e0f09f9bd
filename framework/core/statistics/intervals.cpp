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

  // `next`: the next run that is drawn.
  template <typename Next>
  void draw(const Next& next) {
    std::fill(count_.begin(), count_.end(), 0U);
    task_means_.assign(scores_.tasks, 0.0);
    for (std::size_t task = 0; task < scores_.tasks; ++task) {
      for (std::size_t run = 0; run < scores_.runs; ++run) {
        const std::size_t at = next() * scores_.tasks + task;
        ++count_[place_[at]];
        task_means_[task] += scores_.value[at];
      }
      task_means_[task] /= static_cast<double>(scores_.runs);
    }
  }

  double mean() const { return offload::mean_of(task_means_); }
  double median() { return quantile(task_means_, .5); }
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

 private:
  const ScoreMatrix& scores_;
  std::vector<std::uint32_t> place_;  // of a score among the sorted ones
  std::vector<double> sorted_;
  std::vector<std::uint32_t> count_;  // [places] in the drawing
  std::vector<double> task_means_;
};

}  // namespace

StratifiedBootstrap::StratifiedBootstrap(std::size_t runs, std::size_t tasks, int repetitions,
                                         std::uint64_t seed)
    : runs_(runs), tasks_(tasks), repetitions_(repetitions), seed_(seed) {
  constexpr std::size_t kKeptMost = 4'000'000;
  const std::size_t draws = runs * tasks * static_cast<std::size_t>(repetitions);
  if (draws > kKeptMost) return;
  Random random(seed);
  for (std::size_t i = 0; i < draws; ++i) drawn_.push_back(static_cast<std::uint32_t>(random.below(runs)));
}

StratifiedIntervals StratifiedBootstrap::operator()(const ScoreMatrix& scores) const {
  const Interval none{kNan, kNan};
  // One run drawn again and again is itself, which would pass for certainty.
  if (runs_ < 2 || tasks_ == 0) return {none, none, none, none};
  Random random(seed_);
  StratifiedDrawings drawings(scores);
  std::vector<double> mean, middle, median, gap;
  std::size_t at = 0;
  for (int r = 0; r < repetitions_; ++r) {
    if (drawn_.empty())
      drawings.draw([&] { return random.below(runs_); });
    else
      drawings.draw([&] { return std::size_t{drawn_[at++]}; });
    mean.push_back(drawings.mean());
    middle.push_back(drawings.interquartile_mean());
    gap.push_back(drawings.optimality_gap());
    median.push_back(drawings.median());
  }
  return {percentile_interval(std::move(mean)), percentile_interval(std::move(middle)),
          percentile_interval(std::move(median)), percentile_interval(std::move(gap))};
}

}  // namespace offload
