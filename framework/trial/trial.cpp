#include "trial/trial.hpp"

#include <offload/random.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "core/error.hpp"
#include "core/simulation/batch_environment.hpp"
#include "files/machine.hpp"
#include "plugin/instance.hpp"
#include "trial/checkpoint.hpp"
#include "trial/copies.hpp"
#include "trial/passes.hpp"
#include "trial/scoring.hpp"
#include "trial/training_source.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kPluginPurpose = 0x706c7567;  // "plug"
constexpr std::int64_t kProgressEvery = 512;          // batch steps

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
        scenario_(experiment.scenario_of(split)),
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
        planning_(scenario_.world() ? nullptr
                                          : make_response_model(experiment.suite.response_model, scenario_,
                                                                split.train, experiment.truth)),
        tests_(test_episodes(experiment, split)),
        passes_(experiment, split, tests_, planning_.get(), outcomes(), reward_),
        scoring_(experiment, split, tests_, reward_),
        copies_(passes_, row, agent_library, environment_, host_world(scenario_)) {}

  TrialResult run();

 private:
  // Of a model by way of a memo that the first call makes.
  StepOutcomes outcomes() {
    if (scenario_.world() != nullptr) return *scenario_.world();
    if (!memo_) {
      memo_.emplace(*planning_, scenario_.actions().size(), scenario_.tasks(), scenario_.turns_max());
    }
    return *memo_;
  }
  void train_and_evaluate(const BudgetCell& training_cell, std::size_t first_cell, std::size_t end_cell);
  void load_start();
  void train(const BudgetCell& cell);
  StepOutcomes training_outcomes();
  void train_step(BatchEnvironment& environment, std::vector<std::int32_t>& action);
  void add_curve_point(std::int64_t step);
  void evaluate(std::size_t cell);
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
  std::unique_ptr<ResponseModel> planning_;
  std::optional<ResponseMemo> memo_;
  // Where the row trains on another model than is planned on.
  std::unique_ptr<ResponseModel> training_model_;
  std::optional<ResponseMemo> training_memo_;
  std::vector<std::uint32_t> tests_;
  Passes passes_;
  Scoring scoring_;
  Copies copies_;  // before the agent
  std::optional<AgentInstance> agent_;
  TrialResult result_;
  double update_s_ = 0;
};

TrialResult Trial::run() {
  const auto start = Clock::now();
  const auto& cells = experiment_.cells;
  if (row_.training.budgets.kind == TrainingBudgets::Kind::per_cell) {
    for (std::size_t c = 0; c < cells.size(); ++c) train_and_evaluate(cells[c], c, c + 1);
  } else {
    train_and_evaluate(cells.front(), 0, cells.size());
  }
  const auto evaluation = Clock::now();
  score();
  time_decisions();
  result_.copies = copies_.kind();
  copies_.end();
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

void Trial::train_and_evaluate(const BudgetCell& training_cell, std::size_t first_cell,
                               std::size_t end_cell) {
  const auto loading = Clock::now();
  agent_.emplace(agent_library_, row_.agent.parameters, environment_, host_world(scenario_));
  load_start();
  result_.timing.load_s += seconds_since(loading);
  const auto training = Clock::now();
  if (agent_->trained() && row_.training.steps > 0) train(training_cell);
  result_.timing.train_s += seconds_since(training);
  if (row_.training.checkpoints && agent_->trained() && agent_->has_checkpoint()) {
    const std::int64_t steps = result_.training.steps;
    keep_(sealed({agent_->info().id, start_.steps + steps, agent_->save_checkpoint(),
                  trained_on(start_.lineage, experiment_, split_, steps)}));
  }
  const auto evaluation = Clock::now();
  for (std::size_t c = first_cell; c < end_cell; ++c) evaluate(c);
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
  agent_->act(view, OFFLOAD_EXPLORE, action.data(), &environment);
  agent_->observe(environment.step({action.data(), static_cast<std::size_t>(view.n)}), &environment);
  const auto updating = Clock::now();
  result_.training.gradient_steps += agent_->update();
  update_s_ += seconds_since(updating);
}

StepOutcomes Trial::training_outcomes() {
  const std::string& name = row_.training.model;
  if (name == experiment_.suite.response_model) return outcomes();
  if (!training_memo_) {
    training_model_ = make_response_model(name, scenario_, split_.train, experiment_.truth);
    training_memo_.emplace(*training_model_, scenario_.actions().size(), scenario_.tasks(),
                           scenario_.turns_max());
  }
  return *training_memo_;
}

void Trial::train(const BudgetCell& cell) {
  const TrainingSettings& settings = row_.training;
  const int slots = settings.slots > 0 ? settings.slots : agent_->training_slots();
  TrainingSource source(scenario_, split_.train, settings.budgets, cell,
                        start_.steps > 0 ? stream(seed_, start_.steps) : seed_);
  TrainingCount count(result_.training);
  BatchEnvironment environment(scenario_, training_outcomes(), reward_, source, &count,
                               BatchEnvironment::Purpose::training, slots, 0);
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
  for (std::uint32_t c = 0; c < experiment_.cells.size(); ++c) {
    point.values["reward/" + experiment_.cells[c].name] =
        copies_.run({Pass::Kind::cell, c, step}, *agent_).mean_reward;
  }
  std::vector<double> scalars(agent_->scalar_names().size());
  agent_->read_scalars(scalars);
  for (std::size_t i = 0; i < scalars.size(); ++i) {
    if (std::isfinite(scalars[i])) point.values[agent_->scalar_names()[i]] = scalars[i];
  }
  result_.training.curve.push_back(std::move(point));
}

void Trial::evaluate(std::size_t c) {
  const auto cell = static_cast<std::uint32_t>(c);
  const auto decisions = copies_.run({Pass::Kind::cell, cell}, *agent_).decisions;
  if (decisions.size() != tests_.size()) {
    fail(ErrorKind::plugin, "an evaluation decided {} of {} episodes", decisions.size(), tests_.size());
  }
  result_.cells.push_back(scoring_.replayed(c, decisions));
  if (experiment_.suite.evaluation.oracle_nodes == 0 || scenario_.world() != nullptr) return;
  CellResult& result = result_.cells.back();
  const PassAnswer walked = copies_.run({Pass::Kind::walk, cell}, *agent_);
  result.value = walked.value;
  if (!walked.value) return;
  result.contradictions = 0;
  for (std::size_t i = 0; i < tests_.size(); ++i) {
    *result.contradictions += result.decisions[i] != walked.decisions.at(i);
  }
}

void Trial::score() {
  const bool world = scenario_.world() != nullptr;
  const bool mixes = experiment_.suite.evaluation.oracle_nodes > 0 && (world || agent_->trained());
  for (std::size_t c = 0; mixes && c < result_.cells.size(); ++c) {
    result_.cells[c].mix = world ? scoring_.world_mix_of(c, result_.cells[c])
                                 : scoring_.mix_of(c, result_.cells[c], *planning_);
  }
  std::vector<CellResult>* cells = &result_.cells;
  scoring_.score({&cells, 1});
}

void Trial::time_decisions() {
  const auto times = copies_.run({Pass::Kind::timing, 0}, *agent_).act_us;
  result_.timing.act_p50_us = times[0];
  result_.timing.act_p95_us = times[1];
  result_.timing.act_p99_us = times[2];
}

}  // namespace

TrialResult run_trial(const Experiment& experiment, const RowSettings& row, const Split& split,
                      const std::filesystem::path& agent_library, const std::filesystem::path& reward_library,
                      const ProgressReport& progress, const KeepCheckpoint& keep) {
  return Trial(experiment, row, split, agent_library, reward_library, progress, keep).run();
}

}  // namespace offload
