#include "core/routing/logged.hpp"

#include <algorithm>
#include <cmath>

#include "core/statistics/aggregates.hpp"

namespace offload {
namespace {

double effective_size(std::span<const double> weights) {
  double sum = 0, squares = 0;
  for (const double w : weights) {
    sum += w;
    squares += w * w;
  }
  return squares > 0 ? sum * sum / squares : 0;
}

std::vector<double> importance_weights(std::span<const LoggedTurn> log, std::span<const double> target,
                                       double clip) {
  std::vector<double> weights;
  for (std::size_t i = 0; i < log.size(); ++i) {
    weights.push_back(std::min(target[i] / log[i].propensity, clip));
  }
  return weights;
}

double standard_error_of(const std::vector<double>& terms) {
  if (terms.size() < 2) return kNan;
  const double mean = mean_of(terms);
  double squares = 0;
  for (const double t : terms) squares += (t - mean) * (t - mean);
  const auto n = static_cast<double>(terms.size());
  return std::sqrt(squares / (n - 1) / n);
}

}  // namespace

OffPolicy importance_sampling(std::span<const LoggedTurn> log, std::span<const double> target, double clip) {
  const std::vector<double> weights = importance_weights(log, target, clip);
  OffPolicy estimate;
  for (std::size_t i = 0; i < log.size(); ++i) estimate.terms.push_back(weights[i] * log[i].outcome);
  estimate.value = mean_of(estimate.terms);
  estimate.effective_sample_size = effective_size(weights);
  return estimate;
}

OffPolicy self_normalised(std::span<const LoggedTurn> log, std::span<const double> target, double clip) {
  const std::vector<double> weights = importance_weights(log, target, clip);
  const double mean_weight = mean_of(weights);
  OffPolicy estimate;
  estimate.effective_sample_size = effective_size(weights);
  double sum = 0;
  for (std::size_t i = 0; i < log.size(); ++i) sum += weights[i] * log[i].outcome;
  estimate.value = mean_weight > 0 ? sum / (mean_weight * static_cast<double>(log.size())) : kNan;
  for (std::size_t i = 0; i < log.size(); ++i) {
    estimate.terms.push_back(estimate.value + weights[i] / mean_weight * (log[i].outcome - estimate.value));
  }
  return estimate;
}

OffPolicy doubly_robust(std::span<const LoggedTurn> log, std::size_t arms, std::span<const double> policy,
                        std::span<const double> predicted, double clip) {
  OffPolicy estimate;
  std::vector<double> target;
  for (std::size_t i = 0; i < log.size(); ++i) target.push_back(policy[i * arms + log[i].arm]);
  const std::vector<double> weights = importance_weights(log, target, clip);
  for (std::size_t i = 0; i < log.size(); ++i) {
    double expected = 0;
    for (std::size_t a = 0; a < arms; ++a) expected += policy[i * arms + a] * predicted[i * arms + a];
    const double error = log[i].outcome - predicted[i * arms + log[i].arm];
    estimate.terms.push_back(expected + weights[i] * error);
  }
  estimate.value = mean_of(estimate.terms);
  estimate.effective_sample_size = effective_size(weights);
  return estimate;
}

PairedEstimate paired_difference(const OffPolicy& a, const OffPolicy& b) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.terms.size(); ++i) differences.push_back(a.terms[i] - b.terms[i]);
  return {a.value - b.value, standard_error_of(differences)};
}

double standard_error(const OffPolicy& estimate) { return standard_error_of(estimate.terms); }

}  // namespace offload
