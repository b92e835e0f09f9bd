#include "trial/values/reference.hpp"

#include <offload/random.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>

#include "core/oracle/simple_rows.hpp"
#include "core/statistics/aggregates.hpp"
#include "plugin/environment.hpp"
#include "trial/values/rewards.hpp"
#include "trial/values/world_reference.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kReferencePurpose = 0x726566;  // "ref"
constexpr int kCalibrationRepeats = 3;

// Of all trials, the most generous one's memory.
RewardPlace place_of(const Experiment& experiment) {
  std::int64_t memory_mb = 0;
  for (const RowSettings& row : experiment.suite.rows)
    memory_mb = std::max(memory_mb, row.training.memory_limit_mb);
  return reward_place(experiment.suite, memory_mb);
}

class Reference {
 public:
  Reference(const Experiment& experiment, std::size_t split, const std::filesystem::path& reward_library,
            const std::function<void(double)>& progress)
      : experiment_(experiment),
        scenario_(experiment.scenario_of(experiment.splits.at(split))),
        index_(split),
        split_(experiment.splits.at(split)),
        progress_(progress),
        seed_(stream(experiment.suite.seed, split_.seed, kReferencePurpose)),
        environment_(plugin_environment(scenario_, seed_, 0)),
        reward_(reward_library, experiment.suite.reward.parameters, environment_, place_of(experiment)),
        rewards_{&reward_},
        planning_(
            make_response_model(experiment.suite.response_model, scenario_, split_.train, experiment.truth)),
        model_(fit_causal_model(scenario_, split_.train)),
        limits_{experiment.suite.evaluation.oracle_nodes, seed_},
        oracle_(scenario_, *planning_, model_, experiment.cells, rewards_, limits_),
        tests_(test_episodes(experiment, split_)) {}

  ReferenceResult run();

 private:
  void add_cell(std::size_t cell);
  ReferenceConstant constant(const std::vector<ConstantAction>& constants, const Amounts& limit);
  void score(const std::string& lens, const std::string& model);
  void run_causal(std::size_t cell, const Lens& lens, ReferenceScores& scores);
  double constant_reward(int action, std::size_t test, const Lens& lens, const Amounts& limit);
  void calibrate_models();

  const Experiment& experiment_;
  const Scenario& scenario_;
  std::size_t index_;
  const Split& split_;
  const std::function<void(double)>& progress_;
  std::uint64_t seed_;
  offload_environment environment_;
  PlacedReward reward_;
  std::array<RewardModel*, 1> rewards_;
  std::unique_ptr<ResponseModel> planning_;
  CausalModel model_;
  OracleLimits limits_;
  CausalOracle oracle_;
  std::vector<std::uint32_t> tests_;
  std::vector<std::vector<ConstantAction>> constants_;  // [cells][actions]
  ReferenceResult result_;
};

ReferenceResult Reference::run() {
  const EvaluationSettings& evaluation = experiment_.suite.evaluation;
  result_.split = split_.name;
  for (const std::uint32_t e : tests_) result_.episode_ids.push_back(scenario_.data().id[e]);
  constants_ = constant_actions(scenario_, *planning_, reward_, split_.train, experiment_.cells);
  for (std::size_t c = 0; c < experiment_.cells.size(); ++c) add_cell(c);
  const auto views = static_cast<double>(evaluation.lenses.size() * evaluation.models.size());
  for (const std::string& lens : evaluation.lenses) {
    for (const std::string& model : evaluation.models) {
      progress_((1 + static_cast<double>(result_.unlimited.size())) / (1 + views));
      score(lens, model);
    }
  }
  if (index_ == 0) calibrate_models();
  return std::move(result_);
}

void Reference::add_cell(std::size_t c) {
  const BudgetCell& budget = experiment_.cells[c];
  ReferenceCell cell;
  cell.cell = budget.name;
  cell.causal = oracle_.cell(c);
  cell.causal_latency_s = cell.causal_cost_usd = kNan;
  cell.constant = constant(constants_[c], budget.limit);
  result_.cells.push_back(std::move(cell));
}

ReferenceConstant Reference::constant(const std::vector<ConstantAction>& constants, const Amounts& limit) {
  ReferenceConstant result;
  result.action = best_constant(constants, scenario_.consumption());
  for (const ConstantAction& c : constants) result.training_reward.push_back(c.reward);
  const Amounts& amount = scenario_.consumption().of_action(result.action);
  for (const std::uint32_t e : tests_) {
    const std::int64_t turns = scenario_.data().length(e);
    const double share = 1 / static_cast<double>(tests_.size());
    result.latency_s_per_episode += share * from_amount(turns * amount[0], 0);
    result.cost_usd_per_episode += share * from_amount(turns * amount[1], 1);
    result.violation_rate += share * (turns * amount[0] > limit[0] || turns * amount[1] > limit[1]);
  }
  return result;
}

double Reference::constant_reward(int action, std::size_t test, const Lens& lens, const Amounts& limit) {
  const auto turns = static_cast<std::size_t>(scenario_.data().length(tests_[test]));
  const std::vector<std::uint16_t> actions(turns, static_cast<std::uint16_t>(action));
  double sum = 0;
  for (const TurnOutcome& turn : score_decisions(scenario_, lens.of(test), reward_, tests_[test], actions,
                                                 limit, scenario_.compat().raw_evaluation_association)) {
    sum += turn.reward;
  }
  return sum / static_cast<double>(turns);
}

void Reference::run_causal(std::size_t c, const Lens& lens, ReferenceScores& scores) {
  ReferenceCell& cell = result_.cells[c];
  if (!cell.causal.exact) return;
  TestRun run = run_causal_policy(scenario_, oracle_, c, experiment_.cells[c].limit, lens, reward_, tests_);
  scores.causal = std::move(run.reward);
  cell.causal_latency_s = run.mean_latency_s;
  cell.causal_cost_usd = run.mean_cost_usd;
  cell.causal_tied_states = run.tied_states;
}

void Reference::score(const std::string& lens_name, const std::string& model) {
  const Lens lens(lens_name, model, scenario_, split_.train, tests_, experiment_.truth);
  std::vector<BudgetCell> cells = experiment_.cells;
  const Amounts unlimited = {kUnlimited, kUnlimited};
  const auto found = std::find_if(cells.begin(), cells.end(),
                                  [&](const BudgetCell& cell) { return cell.limit == unlimited; });
  const auto open = static_cast<std::size_t>(found - cells.begin());
  if (found == cells.end()) cells.push_back({"unlimited", unlimited});
  std::vector<TestBounds> bounds = bound_test_episodes(scenario_, lens, tests_, cells, rewards_, limits_);
  result_.unlimited.push_back({lens_name, model, bounds[open].exact, bounds[open].hindsight});
  for (std::size_t c = 0; c < result_.cells.size(); ++c) {
    TestBounds& bound = bounds[c];
    ReferenceCell& cell = result_.cells[c];
    ReferenceScores scores{lens_name,
                           model,
                           {},
                           bound.exact,
                           std::move(bound.hindsight),
                           std::move(bound.hindsight_upper),
                           {},
                           bound.masked_random_mean.standard_error,
                           {}};
    for (const Estimate& estimate : bound.masked_random) scores.masked_random.push_back(estimate.value);
    for (std::size_t i = 0; i < tests_.size(); ++i) {
      scores.constant.push_back(constant_reward(cell.constant.action, i, lens, cells[c].limit));
    }
    run_causal(c, lens, scores);
    cell.scores.push_back(std::move(scores));
  }
}

void Reference::calibrate_models() {
  const Suite& suite = experiment_.suite;
  if (scenario_.data().episodes() < 2) return;
  std::set<std::string> models(suite.evaluation.models.begin(), suite.evaluation.models.end());
  models.insert(suite.response_model);
  for (const std::string& model : models) {
    result_.calibration.push_back({model, calibrate(model, scenario_, experiment_.truth, kCalibrationRepeats,
                                                    static_cast<std::int64_t>(suite.seed), 1)});
  }
}

ReferenceResult run_world(const Experiment& experiment, std::size_t index,
                          const std::filesystem::path& reward_library,
                          const std::function<void(double)>& progress) {
  const Split& split = experiment.splits.at(index);
  const Scenario& scenario = experiment.scenario_of(split);
  const std::uint64_t seed = stream(experiment.suite.seed, split.seed, kReferencePurpose);
  const offload_environment environment = plugin_environment(scenario, seed, 0);
  PlacedReward reward(reward_library, experiment.suite.reward.parameters, environment, place_of(experiment));
  const std::vector<std::uint32_t> tests = test_episodes(experiment, split);
  ReferenceResult result;
  result.split = split.name;
  for (const std::uint32_t e : tests) result.episode_ids.push_back(scenario.data().id[e]);
  result.world = bound_world(experiment, split, tests, reward, progress);
  return result;
}

}  // namespace

ReferenceResult run_reference(const Experiment& experiment, std::size_t split,
                              const std::filesystem::path& reward_library,
                              const std::function<void(double)>& progress) {
  const auto start = std::chrono::steady_clock::now();
  ReferenceResult result = experiment.scenario_of(experiment.splits.at(split)).world() != nullptr
                               ? run_world(experiment, split, reward_library, progress)
                               : Reference(experiment, split, reward_library, progress).run();
  result.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace offload
