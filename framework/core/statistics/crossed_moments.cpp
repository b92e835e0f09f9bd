#include "core/statistics/crossed_moments.hpp"

#include <algorithm>
#include <cmath>

#include "core/statistics/aggregates.hpp"
#include "core/statistics/student.hpp"

namespace offload {
namespace {

// Deviations summed by run or by episode.
struct Groups {
  explicit Groups(std::size_t size) : sum(size, 0.0), count(size, 0.0) {}

  std::vector<double> sum, count;

  std::size_t present() const {
    return static_cast<std::size_t>(
        std::count_if(count.begin(), count.end(), [](double c) { return c > 0; }));
  }
  double squares_over_counts() const {
    double result = 0;
    for (std::size_t i = 0; i < sum.size(); ++i) {
      if (count[i] > 0) result += sum[i] * sum[i] / count[i];
    }
    return result;
  }
  double share(double tests) const {
    double result = 0;
    for (const double c : count) result += c * c;
    return result / tests;
  }
};

double mean_of_present(std::span<const double> values, std::size_t& tests) {
  double sum = 0;
  tests = 0;
  for (const double v : values) {
    if (!std::isnan(v)) sum += v, ++tests;
  }
  return tests > 0 ? sum / static_cast<double>(tests) : kNan;
}

// Sample variance of the runs' means, from their deviations.
double variance_of_means(const Groups& runs, std::size_t present) {
  double sum = 0, squares = 0;
  for (std::size_t r = 0; r < runs.sum.size(); ++r) {
    if (runs.count[r] > 0) sum += runs.sum[r] / runs.count[r];
  }
  const double mean = sum / static_cast<double>(present);
  for (std::size_t r = 0; r < runs.sum.size(); ++r) {
    if (runs.count[r] > 0) squares += std::pow(runs.sum[r] / runs.count[r] - mean, 2);
  }
  return squares / static_cast<double>(present - 1);
}

// The three equations of the spec, solved: differences of the third and the others leave v + w and u + w.
void solve_components(CrossedMoments& m) {
  const double n = static_cast<double>(m.tests), runs = static_cast<double>(m.runs),
               episodes = static_cast<double>(m.episodes);
  if (m.tests == m.episodes) {
    m.residual = (m.total - m.between_runs) / (n - runs);
    m.episode = 0;
    m.run = (m.between_runs - (runs - 1) * m.residual) / (n - m.run_share);
    return;
  }
  const double episode_and_residual = (m.total - m.between_runs) / (n - runs);
  const double run_and_residual = (m.total - m.between_episodes) / (n - episodes);
  m.residual =
      ((n - m.run_share) * run_and_residual + (n - m.episode_share) * episode_and_residual - m.total) /
      (n + 1 - m.run_share - m.episode_share);
  m.episode = episode_and_residual - m.residual;
  m.run = run_and_residual - m.residual;
}

void set_method_variance(CrossedMoments& m) {
  const double n = static_cast<double>(m.tests), runs = static_cast<double>(m.runs);
  if (m.tests == m.runs) {  // one episode a run: nothing tells runs from residuals
    m.method_variance = m.run_means_variance / runs;
    m.method_degrees = runs - 1;
    return;
  }
  solve_components(m);
  const double f = m.run_share / n;
  const double by_run = f * std::max(m.run, 0.0);
  const double rest = std::max(m.episode, 0.0) * m.episode_share / n + std::max(m.residual, 0.0) / n;
  m.method_variance = by_run + rest;
  const double rest_degrees = m.tests == m.episodes ? n - runs : static_cast<double>(m.episodes) - 1;
  const double spread = std::pow(f * m.run_means_variance, 2) / (runs - 1) +
                        (rest > 0 ? rest * rest / std::max(rest_degrees, 1.0) : 0);
  const double satterthwaite = spread > 0 ? m.method_variance * m.method_variance / spread : 0;
  m.method_degrees = std::max(runs - 1, satterthwaite - 1);
}

// Rounding leaves a sum of squares of equal values at 1e-32 times their size, which is no variance.
bool is_noise(double variance, double mean) { return variance <= 1e-28 * mean * mean; }

constexpr double kUpper = .975, kNormalUpper = 1.959963984540054;

// The quantile of an interval. Most means of a report have the same degrees of freedom, runs - 1.
double upper_quantile(double degrees) {
  thread_local double last = 0, quantile = 0;
  if (degrees != last) quantile = student_quantile(kUpper, last = degrees);
  return quantile;
}

struct Spread {
  double variance = 0, degrees = 0;
};

Spread spread_of(const CrossedMoments& m, const ClaimRule& rule) {
  const double runs = static_cast<double>(m.runs);
  switch (rule.claim) {
    case Claim::policies:
      return {m.policies_variance, static_cast<double>(m.episodes) - 1};
    case Claim::method:
      return {m.method_variance, m.method_degrees};
    case Claim::fresh_data:
      if (rule.runs_have_data) return {m.run_means_variance / runs, runs - 1};
      return {m.method_variance + m.run_means_variance, rule.one_training_set ? 0 : runs - 1};
  }
  return {};
}

// `size`: of what the variance may be a rounding error.
Interval interval_from(double mean, const Spread& spread, double size, double confidence = .95) {
  if (std::isnan(mean) || spread.degrees < 1) return {kNan, kNan};
  if (is_noise(spread.variance, size)) return {mean, mean};
  const double quantile = confidence == .95 ? upper_quantile(spread.degrees)
                                            : student_quantile((1 + confidence) / 2, spread.degrees);
  const double half = quantile * std::sqrt(spread.variance);
  return {mean - half, mean + half};
}

ClaimedMean claimed_from(double mean, const Spread& spread, double size, double confidence = .95) {
  ClaimedMean result{mean, interval_from(mean, spread, size, confidence), kNan};
  if (std::isnan(result.interval.low)) return result;
  if (is_noise(spread.variance, size))
    result.p = mean == 0 ? 1 : kNan;
  else
    result.p = student_two_sided(mean / std::sqrt(spread.variance), spread.degrees);
  return result;
}

}  // namespace

CrossedMoments crossed_moments(const TestDesign& design, std::span<const double> values) {
  CrossedMoments m;
  m.mean = mean_of_present(values, m.tests);
  Groups runs(design.runs), episodes(design.episodes);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    const double y = values[i] - m.mean;
    m.total += y * y;
    runs.sum[design.run[i]] += y;
    episodes.sum[design.episode[i]] += y;
    ++runs.count[design.run[i]];
    ++episodes.count[design.episode[i]];
  }
  m.runs = runs.present();
  m.episodes = episodes.present();
  if (m.tests == 0) return m;
  const double n = static_cast<double>(m.tests), clusters = static_cast<double>(m.episodes);
  m.between_runs = runs.squares_over_counts();
  m.between_episodes = episodes.squares_over_counts();
  m.run_share = runs.share(n);
  m.episode_share = episodes.share(n);
  if (m.episodes > 1) {
    double squares = 0;
    for (const double sum : episodes.sum) squares += sum * sum;
    m.policies_variance = clusters / (clusters - 1) * squares / (n * n);
  }
  if (m.runs > 1) {
    m.run_means_variance = variance_of_means(runs, m.runs);
    set_method_variance(m);
  }
  return m;
}

ClaimedMean claimed(const CrossedMoments& m, const ClaimRule& rule, double confidence) {
  return claimed_from(m.mean, spread_of(m, rule), m.mean, confidence);
}

Interval claimed_interval(const CrossedMoments& m, const ClaimRule& rule) {
  return interval_from(m.mean, spread_of(m, rule), m.mean);
}

ClaimedMean claimed_difference(const CrossedMoments& a, const ClaimRule& rule_a, const CrossedMoments& b,
                               const ClaimRule& rule_b) {
  const Spread of_a = spread_of(a, rule_a), of_b = spread_of(b, rule_b);
  Spread both{of_a.variance + of_b.variance, std::min(of_a.degrees, of_b.degrees)};
  const double split =
      of_a.variance * of_a.variance / of_a.degrees + of_b.variance * of_b.variance / of_b.degrees;
  if (both.degrees >= 1 && split > 0) both.degrees = both.variance * both.variance / split;
  return claimed_from(b.mean - a.mean, both, std::max(std::abs(a.mean), std::abs(b.mean)));
}

Interval claimed_rate(const CrossedMoments& m, const ClaimRule& rule) {
  if (m.tests == 0) return {0, 1};
  const double rate = m.mean, episodes = static_cast<double>(m.episodes);
  const Spread spread = spread_of(m, rule);
  if (rate == 0 || rate == 1 || spread.variance == 0) return wilson_of_rate(rate, episodes);
  if (spread.degrees < 1) return wilson_of_rate(rate, 1);
  const double narrower = kNormalUpper / upper_quantile(spread.degrees);
  const double worth = rate * (1 - rate) / spread.variance * narrower * narrower;
  return wilson_of_rate(rate, std::min(worth, episodes));
}

}  // namespace offload
