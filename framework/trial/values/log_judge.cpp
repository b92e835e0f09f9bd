#include "trial/values/log_judge.hpp"

#include <offload/random.hpp>

#include "core/logs/simulated_world.hpp"
#include "trial/values/world_values.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kCrossFitPurpose = 0x63726f7373;  // "cross"

}  // namespace

LogJudge::LogJudge(const Experiment& experiment, const Split& split, std::span<const std::uint32_t> tests,
                   RewardModel& reward)
    : experiment_(experiment),
      scenario_(experiment.scenario_of(split)),
      split_(split),
      tests_(tests),
      reward_(reward),
      of_cell_(experiment.cells.size()) {}

void LogJudge::fit() {
  const auto& train = split_.train;
  const std::uint64_t seed = stream(split_.stream_of(experiment_.suite.seed), kCrossFitPurpose);
  const std::array<Predictions, 4> predicted = {
      fitted_on_log("table", scenario_, train), fitted_on_log("knn", scenario_, train),
      held_out_of_log(scenario_, tests_), cross_fitted_on_log(scenario_, train, tests_, seed)};
  for (std::size_t m = 0; m < predicted.size(); ++m)
    worlds_[m] = simulated_world(scenario_, experiment_.suite.scenario, predicted[m]);
  guessed_ = guessed_propensities(scenario_, tests_);
  const std::vector<std::uint32_t> groups = groups_of(scenario_.data());
  std::vector<std::uint32_t> group;
  for (const std::uint32_t e : tests_) group.push_back(groups[e]);
  blocks_ = log_blocks(group);
}

std::vector<double> LogJudge::rewards_in(const Scenario& scenario, std::size_t cell) {
  const std::vector<double> values = world_rewards(scenario, reward_, tests_, experiment_.cells[cell].limit);
  const OutcomeTable& table = scenario.world()->table();
  std::vector<double> rewards;
  for (const std::uint32_t e : tests_) {
    const std::size_t turn = scenario.data().turn(e, 0);
    for (std::size_t a = 0; a < table.arms.size(); ++a) rewards.push_back(values[table.cell(turn, a)]);
  }
  return rewards;
}

const LogTests& LogJudge::tests_in(std::size_t cell) {
  LogTests& tests = of_cell_[cell];
  if (tests.arms > 0) return tests;
  if (!worlds_.front()) fit();
  tests.arms = scenario_.world()->table().arms.size();
  tests.truth = rewards_in(scenario_, cell);
  for (std::size_t m = 0; m < worlds_.size(); ++m) tests.predicted[m] = rewards_in(*worlds_[m], cell);
  tests.guessed = guessed_;
  tests.block = blocks_;
  const OutcomeLog& log = *scenario_.data().log;
  for (std::size_t i = 0; i < tests_.size(); ++i) {
    const std::size_t turn = scenario_.data().turn(tests_[i], 0);
    tests.turns.push_back({log.arm[turn], log.propensity[turn], tests.truth[i * tests.arms + log.arm[turn]]});
  }
  return tests;
}

LogVerdict LogJudge::verdict(std::size_t cell, const CellResult& result) {
  std::vector<std::uint16_t> taken;
  for (const auto& turns : result.decisions) taken.push_back(turns.front());
  return log_verdict(tests_in(cell), taken);
}

}  // namespace offload
