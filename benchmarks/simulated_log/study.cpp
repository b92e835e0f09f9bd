#include "study.hpp"

#include <algorithm>
#include <cmath>

#include "core/statistics/aggregates.hpp"
#include "core/statistics/intervals.hpp"
#include "offload/random.hpp"

namespace offload::simulated_log {
namespace {

constexpr double kTwoSided = 1.959963984540054;

// The expected outcome of the row's choice, query by query of the test half, where each arm would get this.
OffPolicy expected(const World& world, const Log& log, const Row& row, const std::vector<double>& outcome) {
  OffPolicy estimate;
  for (const std::uint32_t q : log.test) {
    double sum = 0;
    for (std::size_t a = 0; a < world.arms; ++a) {
      sum += row.policy[q * world.arms + a] * outcome[q * world.arms + a];
    }
    estimate.terms.push_back(sum);
  }
  estimate.value = mean_of(estimate.terms);
  return estimate;
}

struct TestHalf {
  std::vector<LoggedTurn> turns;
  std::vector<double> predicted;  // [turns][arms] cross-fitted
};

std::vector<double> of_test(const World& world, const Log& log, const std::vector<double>& cells) {
  std::vector<double> part;
  for (const std::uint32_t q : log.test) {
    const auto at = cells.begin() + static_cast<std::ptrdiff_t>(q * world.arms);
    part.insert(part.end(), at, at + static_cast<std::ptrdiff_t>(world.arms));
  }
  return part;
}

std::array<OffPolicy, kEstimators> estimates(const World& world, const Log& log, const Row& row,
                                             const std::array<Predictions, 4>& models) {
  std::array<OffPolicy, kEstimators> all;
  for (std::size_t m = 0; m < models.size(); ++m) all[m] = expected(world, log, row, models[m]);
  std::vector<LoggedTurn> turns;
  std::vector<double> target;
  for (const std::uint32_t q : log.test) {
    turns.push_back(log.of_query[q]);
    target.push_back(row.policy[q * world.arms + log.of_query[q].arm]);
  }
  const std::vector<double> policy = of_test(world, log, row.policy);
  const std::vector<double> predicted = of_test(world, log, models[kModelAlone]);
  all[kImportance] = importance_sampling(turns, target);
  all[kClipped] = importance_sampling(turns, target, kClip);
  all[kSelfNormalised] = self_normalised(turns, target);
  all[kDoublyRobust] = doubly_robust(turns, world.arms, policy, predicted);
  all[kDoublyRobustClipped] = doubly_robust(turns, world.arms, policy, predicted, kClip);
  const std::vector<double> guessed = guessed_propensities(world, log);
  for (std::size_t i = 0; i < turns.size(); ++i) turns[i].propensity = guessed[i];
  all[kDoublyRobustGuessed] = doubly_robust(turns, world.arms, policy, predicted, kClip);
  return all;
}

}  // namespace

const std::array<const char*, kEstimators> kEstimatorNames = {"simulator / table",
                                                              "simulator / knn",
                                                              "held_out / table",
                                                              "text model alone",
                                                              "IPS",
                                                              "IPS, clip 10",
                                                              "IPS, self-norm.",
                                                              "doubly robust",
                                                              "doubly robust, clip 10",
                                                              "doubly robust, clip 10, guessed propensities"};

LogVerdicts judge(const World& world, const LoggingPolicy& policy, std::uint64_t seed) {
  const Log log = draw_log(world, policy, seed);
  const std::vector<Row> rows = train_rows(world, log);
  const std::array<Predictions, 4> models = {product_model(world, log, "table"),
                                             product_model(world, log, "knn"), held_out_table(world, log),
                                             cross_fitted_ridge(world, log, seed)};
  LogVerdicts verdicts;
  std::vector<OffPolicy> truth;
  std::vector<std::array<OffPolicy, kEstimators>> estimated;
  for (const Row& row : rows) {
    truth.push_back(expected(world, log, row, world.quality));
    estimated.push_back(estimates(world, log, row, models));
    verdicts.effective_sample_size.push_back(estimated.back()[kImportance].effective_sample_size);
  }
  for (std::size_t e = 0; e < kEstimators; ++e) {
    for (std::size_t a = 0; a < rows.size(); ++a) {
      const OffPolicy& own = estimated[a][e];
      verdicts.of_row[e].push_back(
          {truth[a].value, standard_error(truth[a]), own.value, standard_error(own)});
      for (std::size_t b = a + 1; b < rows.size(); ++b) {
        const PairedEstimate real = paired_difference(truth[a], truth[b]);
        const PairedEstimate said = paired_difference(own, estimated[b][e]);
        verdicts.of_pair[e].push_back({real.value, real.standard_error, said.value, said.standard_error});
      }
    }
  }
  return verdicts;
}

namespace {

std::size_t pair_index(std::size_t a, std::size_t b) {
  std::size_t index = 0;
  for (std::size_t i = 0; i < a; ++i) index += kRows - 1 - i;
  return index + b - a - 1;
}

void add_signs(const std::vector<Verdict>& pairs, Summary& summary) {
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    const Verdict& v = pairs[p];
    if (!(std::abs(v.truth) > kTwoSided * v.truth_error)) continue;
    const bool right = v.truth * v.value > 0, sure = std::abs(v.value) > kTwoSided * v.error;
    ++summary.signs;
    summary.right += right ? 1 : 0;
    summary.sure += sure ? 1 : 0;
    summary.sure_and_wrong += sure && !right ? 1 : 0;
    if (p != pair_index(kTaskTable, kBoughtRouter)) continue;
    ++summary.bought;
    summary.bought_right += right ? 1 : 0;
  }
}

}  // namespace

Summary summarise(const std::vector<LogVerdicts>& logs, Estimator estimator) {
  Summary summary;
  double rows = 0, squares = 0, held = 0;
  for (const LogVerdicts& log : logs) {
    for (const Verdict& v : log.of_row[estimator]) {
      // Without overlap a self-normalised estimate says nothing; it counts as 0, as the others do.
      const double error = (std::isnan(v.value) ? 0 : v.value) - v.truth;
      rows += 1;
      summary.bias += error;
      squares += error * error;
      held += std::abs(error) <= kTwoSided * v.error ? 1 : 0;
    }
    add_signs(log.of_pair[estimator], summary);
  }
  summary.bias /= rows;
  summary.rmse = std::sqrt(squares / rows);
  summary.coverage = held / rows;
  return summary;
}

double median_effective_share(const std::vector<LogVerdicts>& logs, std::size_t test_queries) {
  std::vector<double> sizes;
  for (const LogVerdicts& log : logs) {
    sizes.insert(sizes.end(), log.effective_sample_size.begin(), log.effective_sample_size.end());
  }
  return quantile(sizes, .5) / static_cast<double>(test_queries);
}

}  // namespace offload::simulated_log
