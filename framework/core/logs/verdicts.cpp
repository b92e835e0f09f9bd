#include "core/logs/verdicts.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace offload {

const std::array<const char*, kLogEstimators> kLogEstimatorNames = {"simulator / table",
                                                                    "simulator / knn",
                                                                    "held_out / table",
                                                                    "words alone",
                                                                    "IPS",
                                                                    "IPS, cut at 10",
                                                                    "IPS, self-normalised",
                                                                    "doubly robust",
                                                                    "doubly robust, cut at 10",
                                                                    "doubly robust, cut, guessed"};

namespace {

std::vector<double> block_sums(const LogTests& tests, std::span<const double> terms) {
  std::vector<double> sums(*std::ranges::max_element(tests.block) + std::size_t{1}, 0.0);
  for (std::size_t i = 0; i < terms.size(); ++i) {
    if (!std::isnan(terms[i])) sums[tests.block[i]] += terms[i];
  }
  return sums;
}

// Of the taken arm of every test.
std::vector<double> taken_of(const std::vector<double>& cells, std::size_t arms,
                             std::span<const std::uint16_t> taken) {
  std::vector<double> terms;
  for (std::size_t i = 0; i < taken.size(); ++i) terms.push_back(cells[i * arms + taken[i]]);
  return terms;
}

}  // namespace

std::vector<std::uint32_t> log_blocks(std::span<const std::uint32_t> group) {
  std::map<std::uint32_t, std::uint32_t> place;
  std::vector<std::uint32_t> blocks;
  for (const std::uint32_t g : group) {
    const auto next = static_cast<std::uint32_t>(place.size());
    blocks.push_back(place.emplace(g, next).first->second % kLogBlocks);
  }
  return blocks;
}

LogVerdict log_verdict(const LogTests& tests, std::span<const std::uint16_t> taken) {
  std::vector<double> target, policy(taken.size() * tests.arms, 0.0);
  for (std::size_t i = 0; i < taken.size(); ++i) {
    target.push_back(tests.turns[i].arm == taken[i] ? 1 : 0);
    policy[i * tests.arms + taken[i]] = 1;
  }
  std::vector<LoggedTurn> guessed = tests.turns;
  for (std::size_t i = 0; i < guessed.size(); ++i) guessed[i].propensity = tests.guessed[i];
  const std::vector<double>& predicted = tests.predicted[kWordsAlone];
  const OffPolicy plain = importance_sampling(tests.turns, target);
  LogVerdict verdict;
  verdict.effective_sample_size = plain.effective_sample_size;
  verdict.truth = block_sums(tests, taken_of(tests.truth, tests.arms, taken));
  verdict.queries.resize(verdict.truth.size());
  for (const std::uint32_t block : tests.block) ++verdict.queries[block];
  for (const auto& model : tests.predicted)
    verdict.said.push_back(block_sums(tests, taken_of(model, tests.arms, taken)));
  for (const OffPolicy& estimate :
       {plain, importance_sampling(tests.turns, target, kWeightCut), self_normalised(tests.turns, target),
        doubly_robust(tests.turns, tests.arms, policy, predicted),
        doubly_robust(tests.turns, tests.arms, policy, predicted, kWeightCut),
        doubly_robust(guessed, tests.arms, policy, predicted, kWeightCut)}) {
    verdict.said.push_back(block_sums(tests, estimate.terms));
  }
  return verdict;
}

BlockMean block_mean(std::span<const double> sums, std::span<const std::int64_t> queries) {
  const auto blocks = static_cast<double>(sums.size());
  const auto all = static_cast<double>(std::accumulate(queries.begin(), queries.end(), std::int64_t{0}));
  BlockMean mean{std::accumulate(sums.begin(), sums.end(), 0.0) / all,
                 std::numeric_limits<double>::quiet_NaN()};
  if (sums.size() < 2) return mean;
  double squares = 0;
  for (std::size_t b = 0; b < sums.size(); ++b) {
    const double off = sums[b] - mean.value * static_cast<double>(queries[b]);
    squares += off * off;
  }
  mean.standard_error = std::sqrt(squares * blocks / (blocks - 1)) / all;
  return mean;
}

BlockMean block_difference(std::span<const double> a, std::span<const double> b,
                           std::span<const std::int64_t> queries) {
  std::vector<double> difference;
  for (std::size_t i = 0; i < a.size(); ++i) difference.push_back(a[i] - b[i]);
  return block_mean(difference, queries);
}

}  // namespace offload
