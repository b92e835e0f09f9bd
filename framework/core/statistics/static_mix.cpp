#include "core/statistics/static_mix.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace offload {
namespace {

struct Problem {
  const std::vector<double>& reward;
  std::vector<std::array<double, 2>> use;  // in units of the bound's size, so that one slack fits both
  std::array<double, 2> bound;
};

struct Vertex {
  double value = -std::numeric_limits<double>::infinity();
  std::vector<std::pair<std::size_t, double>> weight;
};

constexpr double kSlack = 1e-12;

void consider(const Problem& problem, std::vector<std::pair<std::size_t, double>> weight, Vertex& best) {
  double value = 0;
  std::array<double, 2> used = {0, 0};
  for (const auto& [action, p] : weight) {
    if (!(p >= -kSlack)) return;
    value += p * problem.reward[action];
    for (std::size_t k = 0; k < 2; ++k) used[k] += p * problem.use[action][k];
  }
  for (std::size_t k = 0; k < 2; ++k) {
    if (used[k] > problem.bound[k] + kSlack) return;
  }
  if (value > best.value + kSlack) best = {value, std::move(weight)};
}

// Mixes of a and b that use up one bound.
void consider_pair(const Problem& problem, std::size_t a, std::size_t b, Vertex& best) {
  for (std::size_t k = 0; k < 2; ++k) {
    const double range = problem.use[a][k] - problem.use[b][k];
    if (std::isinf(problem.bound[k]) || range == 0) continue;
    const double p = (problem.bound[k] - problem.use[b][k]) / range;
    consider(problem, {{a, p}, {b, 1 - p}}, best);
  }
}

// The mix of a, b and c that uses up both bounds.
void consider_triple(const Problem& problem, std::size_t a, std::size_t b, std::size_t c, Vertex& best) {
  const auto& u = problem.use;
  const double a0 = u[a][0] - u[c][0], b0 = u[b][0] - u[c][0], r0 = problem.bound[0] - u[c][0];
  const double a1 = u[a][1] - u[c][1], b1 = u[b][1] - u[c][1], r1 = problem.bound[1] - u[c][1];
  const double determinant = a0 * b1 - a1 * b0;
  if (determinant == 0) return;
  const double p = (r0 * b1 - r1 * b0) / determinant, q = (a0 * r1 - a1 * r0) / determinant;
  consider(problem, {{a, p}, {b, q}, {c, 1 - p - q}}, best);
}

// Actions that no other replaces at no loss; of equals the first stays. Consumption depends on the kind of an
// action alone, so few are left of a thousand and their triples can be enumerated.
std::vector<std::size_t> undominated(const Problem& problem) {
  std::vector<std::size_t> kept;
  const auto as_good = [&](std::size_t a, std::size_t b) {
    return problem.reward[a] >= problem.reward[b] && problem.use[a][0] <= problem.use[b][0] &&
           problem.use[a][1] <= problem.use[b][1];
  };
  for (std::size_t b = 0; b < problem.reward.size(); ++b) {
    bool dominated = false;
    for (std::size_t a = 0; a < problem.reward.size() && !dominated; ++a) {
      dominated = a != b && as_good(a, b) && (a < b || !as_good(b, a));
    }
    if (!dominated) kept.push_back(b);
  }
  return kept;
}

Problem scaled(const std::vector<double>& reward, const std::vector<std::array<double, 2>>& consumption,
               const std::array<double, 2>& bound) {
  Problem problem{reward, consumption, bound};
  for (std::size_t k = 0; k < 2; ++k) {
    double most = 0;
    for (const auto& c : consumption) most = std::max(most, c[k]);
    if (!(most > 0)) continue;
    problem.bound[k] /= most;
    for (auto& c : problem.use) c[k] /= most;
  }
  return problem;
}

}  // namespace

std::vector<double> best_static_mix(const std::vector<double>& reward,
                                    const std::vector<std::array<double, 2>>& consumption,
                                    const std::array<double, 2>& bound) {
  const Problem problem = scaled(reward, consumption, bound);
  const std::vector<std::size_t> actions = undominated(problem);
  Vertex best;
  for (const std::size_t a : actions) consider(problem, {{a, 1.0}}, best);
  for (std::size_t i = 0; i < actions.size(); ++i) {
    for (std::size_t j = i + 1; j < actions.size(); ++j) consider_pair(problem, actions[i], actions[j], best);
  }
  const bool both = !std::isinf(bound[0]) && !std::isinf(bound[1]);
  for (std::size_t i = 0; both && i < actions.size(); ++i) {
    for (std::size_t j = i + 1; j < actions.size(); ++j) {
      for (std::size_t k = j + 1; k < actions.size(); ++k) {
        consider_triple(problem, actions[i], actions[j], actions[k], best);
      }
    }
  }
  if (best.weight.empty()) return {};
  std::vector<double> mix(reward.size(), 0.0);
  for (const auto& [action, p] : best.weight) mix[action] = std::max(0.0, p);
  return mix;
}

}  // namespace offload
