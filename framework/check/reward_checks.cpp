#include <numeric>

#include "check/checks.hpp"
#include "check/random_turns.hpp"
#include "remote/placed.hpp"

namespace offload {
namespace {

constexpr std::size_t kOutcomes = 200;

std::vector<double> score_rows(PlacedReward& reward, const offload_environment& e,
                               const std::vector<std::size_t>& rows) {
  std::vector<double> scores(rows.size());
  reward.score(random_outcomes(e, rows).raw(), scores.data());
  return scores;
}

std::vector<std::size_t> rows_in_order() {
  std::vector<std::size_t> rows(kOutcomes);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return rows;
}

std::vector<std::size_t> rows_by_steps(std::size_t n, std::size_t step) {
  std::vector<std::size_t> rows(n);
  for (std::size_t i = 0; i < n; ++i) rows[i] = i * step % kOutcomes;
  return rows;
}

void rows_alone(const PluggedIn& plugin, const SampleEnvironment& environment) {
  const offload_environment& e = environment.raw();
  PlacedReward reward(plugin, {}, e), other(plugin, {}, e);
  const std::vector<double> first = score_rows(reward, e, rows_in_order());
  const auto compare = [&](PlacedReward& by, const std::vector<std::size_t>& rows, const char* how) {
    const std::vector<double> again = score_rows(by, e, rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      require(again[i] == first[rows[i]], "the same outcome scores {} and, {}, {}", first[rows[i]], how,
              again[i]);
    }
  };
  compare(reward, rows_in_order(), "asked again");
  compare(reward, rows_by_steps(kOutcomes, 37), "in another order");  // 37 and 200 have no common factor
  std::vector<std::size_t> repeated(kOutcomes);
  for (std::size_t i = 0; i < kOutcomes; ++i) repeated[i] = i / 20;
  compare(reward, repeated, "repeated");
  for (std::size_t i = 0; i < kOutcomes; ++i) compare(reward, {i}, "alone");
  compare(reward, rows_by_steps(25 * kOutcomes, 77), "in a larger batch");
  compare(other, rows_by_steps(kOutcomes, 37), "by another instance");
}

void rows_depend_on_themselves(const PluggedIn& plugin) { rows_alone(plugin, SampleEnvironment()); }
void reward_in_smallest(const PluggedIn& plugin) { rows_alone(plugin, SampleEnvironment(0, 1, 1, 1)); }

std::string reward_trace(const PluggedIn& plugin) {
  const SampleEnvironment environment;
  PlacedReward reward(plugin, {}, environment.raw());
  return bytes_of(score_rows(reward, environment.raw(), rows_in_order()));
}

std::string portable_scores(const PluggedIn& plugin) {
  return same_bits_everywhere<PlacedReward>(plugin, reward_trace);
}

void empty_reward_batch(const PluggedIn& plugin) {
  const SampleEnvironment environment;
  PlacedReward(plugin, {}, environment.raw()).score(random_outcomes(environment.raw(), {}).raw(), nullptr);
}

}  // namespace

std::vector<PluginCheck> reward_checks() {
  PluginCheck rows = plain("rows depend on themselves alone", rows_depend_on_themselves);
  rows.trace = reward_trace;
  return {plain(kCreatedInTime, created_in_time<PlacedReward>),
          std::move(rows),
          {"portable bits", portable_scores},
          plain("an empty batch", empty_reward_batch),
          plain("the smallest environment", reward_in_smallest)};
}

}  // namespace offload
