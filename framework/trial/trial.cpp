#include "trial/trial.hpp"

#include <offload/random.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <optional>

#include "core/error.hpp"
#include "core/simulation/batch_environment.hpp"
#include "files/machine.hpp"
#include "plugin/instance.hpp"
#include "trial/checkpoint.hpp"
#include "trial/evaluation_pass.hpp"
#include "trial/exact_value.hpp"
#include "trial/scoring.hpp"
#include "trial/training_source.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kPluginPurpose = 0x706c7567;  // "plug"
constexpr std::int64_t kProgressEvery = 512;          // batch steps
constexpr std::size_t kTimedDecisions = 2000;

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Counts training episodes and the budgets they exceeded.
class TrainingCount final : public EpisodeSink {
 public:
  explicit TrainingCount(TrainingResult& result) : result_(result) {}
  void finished(const FinishedEpisode& episode) override {
    const bool latency = episode.exceeds(0), cost = episode.exceeds(1);
    ++result_.episodes;
    result_.latency_violations += latency;
    result_.cost_violations += cost;
    result_.joint_violations += latency || cost;
  }

 private:
  TrainingResult& result_;
};

class Trial {
 public:
  Trial(const Experiment& experiment, const RowSettings& row, const Split& split,
        const std::filesystem::path& agent_library, const std::filesystem::path& reward_library,
        const ProgressReport& progress, const KeepCheckpoint& keep)
      : experiment_(experiment),
        scenario_(*experiment.scenario),
        row_(row),
        split_(split),
        agent_library_(agent_library),
        progress_(progress),
        keep_(keep),
        start_(row.checkpoint.empty() ? Checkpoint{} : read_checkpoint(row.checkpoint)),
        seed_(split.stream_of(experiment.suite.seed)),
        environment_(
            plugin_environment(scenario_, stream(seed_, kPluginPurpose), start_.steps + row.training.steps)),
        reward_(reward_library, experiment.suite.reward.parameters, environment_),
        training_model_(
            make_response_model(experiment.suite.response_model, scenario_, split.train, experiment.truth)),
        memo_(*training_model_, scenario_.actions().size(), scenario_.tasks(), scenario_.turns_max()),
        causal_model_(fit_causal_model(scenario_, split.train)),
        tests_(test_episodes(experiment, split)) {}

  TrialResult run();

 private:
  void train_and_evaluate(const BudgetCell& training_cell, std::span<const BudgetCell> cells);
  void load_start();
  void train(const BudgetCell& cell);
  void train_step(BatchEnvironment& environment, std::vector<std::int32_t>& action);
  void add_curve_point(std::int64_t step);
  EvaluationPass evaluate(const BudgetCell& cell);
  int first_evaluation_slot() const { return std::max(row_.training.slots, agent_->training_slots()); }
  void score();
  void time_decisions();

  const Experiment& experiment_;
  const Scenario& scenario_;
  const RowSettings& row_;
  const Split& split_;
  const std::filesystem::path& agent_library_;
  const ProgressReport& progress_;
  const KeepCheckpoint& keep_;
  Checkpoint start_;
  std::uint64_t seed_;
  offload_environment environment_;
  RewardInstance reward_;
  std::unique_ptr<ResponseModel> training_model_;
  ResponseMemo memo_;
  CausalModel causal_model_;
  std::vector<std::uint32_t> tests_;
  std::optional<AgentInstance> agent_;
  TrialResult result_;
  double update_s_ = 0;
};

TrialResult Trial::run() {
  const auto start = Clock::now();
  const auto& cells = experiment_.cells;
  if (row_.training.budgets.kind == TrainingBudgets::Kind::per_cell) {
    for (const BudgetCell& cell : cells) train_and_evaluate(cell, {&cell, 1});
  } else {
    train_and_evaluate(cells.front(), cells);
  }
  const auto evaluation = Clock::now();
  score();
  time_decisions();
  result_.timing.evaluate_s += seconds_since(evaluation);
  result_.row = row_.name;
  result_.plugin = agent_->info().id;
  result_.plugin_version = agent_->info().version;
  result_.plugin_sha256 = agent_->info().sha256;
  result_.parameters = agent_->resolved();
  result_.split = split_.name;
  result_.seed = split_.seed;
  for (const std::uint32_t e : tests_) result_.episode_ids.push_back(scenario_.data().id[e]);
  TrialTiming& timing = result_.timing;
  timing.wall_s = seconds_since(start);
  timing.cpu_s = cpu_seconds();
  timing.peak_memory_mb = peak_memory_mb();
  const TrainingResult& training = result_.training;
  if (timing.train_s > 0)
    timing.environment_steps_per_s = static_cast<double>(training.steps) / timing.train_s;
  if (training.gradient_steps > 0) {
    timing.update_mean_us = update_s_ * 1e6 / static_cast<double>(training.gradient_steps);
  }
  result_.host = machine_facts();
  if (agent_->portable_bits() && reward_.portable_bits()) result_.host["bits"] = kPortableBits;
  for (const auto& [key, value] : agent_->facts()) result_.host["agent." + key] = value;
  return std::move(result_);
}

void Trial::train_and_evaluate(const BudgetCell& training_cell, std::span<const BudgetCell> cells) {
  const auto loading = Clock::now();
  agent_.emplace(agent_library_, row_.agent.parameters, environment_);
  load_start();
  result_.timing.load_s += seconds_since(loading);
  const auto training = Clock::now();
  if (agent_->trained() && row_.training.steps > 0) train(training_cell);
  result_.timing.train_s += seconds_since(training);
  if (row_.training.checkpoints && agent_->trained() && agent_->has_checkpoint()) {
    keep_(sealed({agent_->info().id, start_.steps + result_.training.steps, agent_->save_checkpoint()}));
  }
  const auto evaluation = Clock::now();
  for (const BudgetCell& cell : cells) {
    result_.cells.push_back(evaluate(cell).result());
    if (experiment_.suite.evaluation.oracle_nodes == 0) continue;
    result_.cells.back().value = exact_value(scenario_, *training_model_, causal_model_, reward_, *agent_,
                                             cell.limit, first_evaluation_slot());
  }
  result_.timing.evaluate_s += seconds_since(evaluation);
}

void Trial::load_start() {
  if (row_.checkpoint.empty()) return;
  if (start_.file_sha256 != row_.checkpoint_sha256) {
    fail(ErrorKind::data, "{}: was replaced while the suite ran; run it again", printable(row_.checkpoint));
  }
  if (start_.plugin != agent_->info().id) {
    fail(ErrorKind::config, "row '{}': {} is a checkpoint of agent '{}', not '{}'", printable(row_.name),
         printable(row_.checkpoint), printable(start_.plugin), agent_->info().id);
  }
  agent_->load_checkpoint(start_.bytes);
}

void Trial::train_step(BatchEnvironment& environment, std::vector<std::int32_t>& action) {
  const offload_view& view = environment.view();
  agent_->act(view, OFFLOAD_EXPLORE, action.data());
  agent_->observe(environment.step({action.data(), static_cast<std::size_t>(view.n)}));
  const auto updating = Clock::now();
  result_.training.gradient_steps += agent_->update();
  update_s_ += seconds_since(updating);
}

void Trial::train(const BudgetCell& cell) {
  const TrainingSettings& settings = row_.training;
  const int slots = settings.slots > 0 ? settings.slots : agent_->training_slots();
  TrainingSource source(scenario_, split_.train, settings.budgets, cell,
                        start_.steps > 0 ? stream(seed_, start_.steps) : seed_);
  TrainingCount count(result_.training);
  BatchEnvironment environment(scenario_, memo_, reward_, source, &count, BatchEnvironment::Purpose::training,
                               slots, 0);
  std::vector<std::int32_t> action(static_cast<std::size_t>(slots));
  std::int64_t next_point = settings.curve_every;
  const std::int64_t batches = (settings.steps + slots - 1) / slots;
  for (std::int64_t batch = 0; batch < batches; ++batch) {
    train_step(environment, action);
    const std::int64_t done = (batch + 1) * slots;
    if (settings.curve_every > 0 && done >= next_point) {
      add_curve_point(done);
      next_point += settings.curve_every;
    }
    if (batch % kProgressEvery == 0) progress_(static_cast<double>(batch) / static_cast<double>(batches));
  }
  result_.training.steps += batches * slots;
}

void Trial::add_curve_point(std::int64_t step) {
  CurvePoint point{step, {}};
  for (const BudgetCell& cell : experiment_.cells) {
    point.values["reward/" + cell.name] = evaluate(cell).mean_reward();
  }
  std::vector<double> scalars(agent_->scalar_names().size());
  agent_->read_scalars(scalars);
  for (std::size_t i = 0; i < scalars.size(); ++i) {
    if (std::isfinite(scalars[i])) point.values[agent_->scalar_names()[i]] = scalars[i];
  }
  result_.training.curve.push_back(std::move(point));
}

EvaluationPass Trial::evaluate(const BudgetCell& cell) {
  const int slots = static_cast<int>(std::min<std::size_t>(tests_.size(), kEvaluationSlots));
  EvaluationPass pass(tests_, cell, seed_);
  BatchEnvironment environment(scenario_, memo_, reward_, pass, &pass, BatchEnvironment::Purpose::evaluation,
                               slots, first_evaluation_slot());
  std::vector<std::int32_t> action(static_cast<std::size_t>(slots));
  while (environment.view().n > 0) {
    agent_->act(environment.view(), OFFLOAD_EVALUATE, action.data());
    environment.step({action.data(), static_cast<std::size_t>(environment.view().n)});
  }
  return pass;
}

void Trial::score() {
  Scoring scoring(experiment_, split_, tests_, reward_);
  const bool mixes = agent_->trained() && experiment_.suite.evaluation.oracle_nodes > 0;
  for (std::size_t c = 0; mixes && c < result_.cells.size(); ++c) {
    result_.cells[c].mix = scoring.mix_of(c, result_.cells[c], *training_model_);
  }
  std::vector<CellResult>* cells = &result_.cells;
  scoring.score({&cells, 1});
}

// One decision at a time, as on a device that serves one user.
void Trial::time_decisions() {
  std::vector<double> times_us;
  EvaluationPass pass(tests_, experiment_.cells.front(), seed_);
  BatchEnvironment environment(scenario_, memo_, reward_, pass, nullptr,
                               BatchEnvironment::Purpose::evaluation, 1, first_evaluation_slot());
  while (environment.view().n > 0 && times_us.size() < kTimedDecisions) {
    std::int32_t action = 0;
    const auto start = Clock::now();
    agent_->act(environment.view(), OFFLOAD_EVALUATE, &action);
    times_us.push_back(seconds_since(start) * 1e6);
    environment.step({&action, 1});
  }
  std::sort(times_us.begin(), times_us.end());
  const auto quantile = [&times_us](double q) {
    return times_us[static_cast<std::size_t>(q * static_cast<double>(times_us.size() - 1))];
  };
  result_.timing.act_p50_us = quantile(.5);
  result_.timing.act_p95_us = quantile(.95);
  result_.timing.act_p99_us = quantile(.99);
}

}  // namespace

TrialResult run_trial(const Experiment& experiment, const RowSettings& row, const Split& split,
                      const std::filesystem::path& agent_library, const std::filesystem::path& reward_library,
                      const ProgressReport& progress, const KeepCheckpoint& keep) {
  return Trial(experiment, row, split, agent_library, reward_library, progress, keep).run();
}

}  // namespace offload
