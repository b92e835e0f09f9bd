#include "trial/trial.hpp"

#include <offload/random.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "core/error.hpp"
#include "files/machine.hpp"
#include "plugin/instance.hpp"
#include "trial/checkpoint.hpp"
#include "trial/copies.hpp"
#include "trial/fresh_agents.hpp"
#include "trial/passes.hpp"
#include "trial/training_loop.hpp"
#include "trial/values/margins.hpp"
#include "trial/values/scoring.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kPluginPurpose = 0x706c7567;  // "plug"
constexpr std::int64_t kProgressEvery = 512;          // batch steps

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

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
        drifts_(experiment, split, tests_, reward_),
        passes_(experiment, split, tests_, planning_.get(), outcomes(), reward_, drifts_),
        scoring_(experiment, split, tests_, reward_),
        fresh_(passes_, row, agent_library, environment_) {
    if (row.training.isolation == Isolation::none)
      copies_.emplace(passes_, row, agent_library, environment_, host_world(scenario_));
  }

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
  void make_agent();
  void load_start(AnyAgent& agent);
  void train(const BudgetCell& cell);
  StepOutcomes training_outcomes();
  void train_again(AnyAgent& agent);
  PassAnswer decided(const Pass& pass);
  void add_curve_point(std::int64_t step);
  void evaluate(std::size_t cell);
  void evaluate_away(std::size_t cell, const std::optional<CellMargin>& margin);
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
  Drifts drifts_;
  Passes passes_;
  Scoring scoring_;
  std::optional<Copies> copies_;  // before the agent; none where it is isolated
  FreshAgents fresh_;
  std::unique_ptr<AnyAgent> agent_;
  const BudgetCell* training_cell_ = nullptr;  // of the agent
  std::int64_t batches_ = 0;                   // that it was trained for
  TrialResult result_;
  double update_s_ = 0;
};

TrialResult Trial::run() {
  const auto start = Clock::now();
  const auto& cells = experiment_.cells;
  for (const DriftSettings& drift : experiment_.suite.evaluation.drifts)
    result_.drifts.push_back({drift.name, {}});
  if (row_.training.budgets.kind == TrainingBudgets::Kind::per_cell) {
    for (std::size_t c = 0; c < cells.size(); ++c) train_and_evaluate(cells[c], c, c + 1);
  } else {
    train_and_evaluate(cells.front(), 0, cells.size());
  }
  const auto evaluation = Clock::now();
  score();
  time_decisions();
  result_.copies = copies_ ? copies_->kind() : EvaluationCopies::process;
  if (copies_) copies_->end();
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
  if (const std::string missing = missing_text(fresh_.held()); !copies_ && !missing.empty())
    result_.host[kIsolationMissing] = missing;
  for (const auto& [key, value] : agent_->facts()) result_.host["agent." + key] = value;
  agent_->end();
  return std::move(result_);
}

void Trial::train_and_evaluate(const BudgetCell& training_cell, std::size_t first_cell,
                               std::size_t end_cell) {
  const auto loading = Clock::now();
  training_cell_ = &training_cell;
  batches_ = 0;
  make_agent();
  load_start(*agent_);
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

void Trial::make_agent() {
  if (agent_) agent_->end();
  agent_.reset();
  fresh_.forget();
  if (copies_) {
    agent_ = std::make_unique<AgentInstance>(agent_library_, row_.agent.parameters, environment_,
                                             host_world(scenario_));
  } else {
    agent_ = fresh_.make();
  }
}

void Trial::load_start(AnyAgent& agent) {
  if (row_.checkpoint.empty()) return;
  if (start_.file_sha256 != row_.checkpoint_sha256) {
    fail(ErrorKind::data, "{}: was replaced while the suite ran; run it again", printable(row_.checkpoint));
  }
  if (start_.plugin != agent.info().id) {
    fail(ErrorKind::config, "row '{}': {} is a checkpoint of agent '{}', not '{}'", printable(row_.name),
         printable(row_.checkpoint), printable(start_.plugin), agent.info().id);
  }
  agent.load_checkpoint(start_.bytes);
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
  TrainingLoop loop({experiment_, row_, split_, training_outcomes(), reward_, start_.steps}, cell,
                    agent_->training_slots());
  const auto tell = [&](std::int64_t batch) {
    if (batch % kProgressEvery == 0)
      progress_(static_cast<double>(batch) / static_cast<double>(loop.batches()));
  };
  const std::int64_t every = row_.training.curve_every, slots = loop.slots();
  std::int64_t next_point = every;
  for (batches_ = 0; batches_ < loop.batches();) {
    const std::int64_t point = every > 0 ? (next_point + slots - 1) / slots : loop.batches();
    batches_ = std::min(loop.batches(), std::max(batches_ + 1, point));
    loop.train(*agent_, batches_, tell);
    fresh_.forget();
    if (every > 0 && batches_ * slots >= next_point) {
      add_curve_point(batches_ * slots);
      next_point += every;
    }
  }
  update_s_ += loop.update_s();
  TrainingResult& all = result_.training;
  all.steps += loop.result().steps;
  all.episodes += loop.result().episodes;
  all.gradient_steps += loop.result().gradient_steps;
  all.latency_violations += loop.result().latency_violations;
  all.cost_violations += loop.result().cost_violations;
  all.joint_violations += loop.result().joint_violations;
}

// All that was done with the agent so far.
void Trial::train_again(AnyAgent& agent) {
  load_start(agent);
  if (batches_ == 0) return;
  TrainingLoop loop({experiment_, row_, split_, training_outcomes(), reward_, start_.steps}, *training_cell_,
                    agent.training_slots());
  loop.train(agent, batches_, [](std::int64_t) {});
}

PassAnswer Trial::decided(const Pass& pass) {
  if (copies_) return copies_->run(pass, *agent_);
  return fresh_.run(pass, *agent_, [this](AnyAgent& agent) { train_again(agent); });
}

void Trial::add_curve_point(std::int64_t step) {
  CurvePoint point{step, {}};
  for (std::uint32_t c = 0; c < experiment_.cells.size(); ++c) {
    point.values["reward/" + experiment_.cells[c].name] = decided({Pass::Kind::cell, c, step}).mean_reward;
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
  const auto margin = calibrated_margin(experiment_, split_, c, [&](int margin_percent) {
    return decided({Pass::Kind::calibration, cell, -1, margin_percent}).decisions;
  });
  const auto decisions = decided({Pass::Kind::cell, cell, -1, margin ? margin->margin_percent : 0}).decisions;
  if (decisions.size() != tests_.size()) {
    fail(ErrorKind::plugin, "an evaluation decided {} of {} episodes", decisions.size(), tests_.size());
  }
  result_.cells.push_back(scoring_.replayed(c, decisions, margin));
  evaluate_away(c, margin);
  if (experiment_.suite.evaluation.oracle_nodes == 0 || scenario_.world() != nullptr) return;
  CellResult& result = result_.cells.back();
  const PassAnswer walked = decided({Pass::Kind::walk, cell});
  result.value = walked.value;
  if (!walked.value) return;
  result.contradictions = 0;
  for (std::size_t i = 0; i < tests_.size(); ++i) {
    *result.contradictions += result.decisions[i] != walked.decisions.at(i);
  }
}

void Trial::evaluate_away(std::size_t c, const std::optional<CellMargin>& margin) {
  Pass pass{Pass::Kind::cell, static_cast<std::uint32_t>(c), -1, margin ? margin->margin_percent : 0};
  for (std::size_t d = 0; d < drifts_.size(); ++d) {
    pass.drift = static_cast<int>(d);
    result_.drifts[d].cells.push_back(drifts_.replayed(d, c, decided(pass).decisions, margin));
  }
}

void Trial::score() {
  const bool world = scenario_.world() != nullptr;
  const bool mixes = experiment_.suite.evaluation.oracle_nodes > 0 && (world || agent_->trained());
  for (std::size_t c = 0; mixes && c < result_.cells.size(); ++c) {
    result_.cells[c].mix =
        world ? scoring_.world_mix_of(c, result_.cells[c]) : scoring_.mix_of(c, result_.cells[c], *planning_);
  }
  std::vector<CellResult>* cells = &result_.cells;
  scoring_.score({&cells, 1});
  TrialResult* trial = &result_;
  drifts_.score({&trial, 1});
}

void Trial::time_decisions() {
  const auto times = decided({Pass::Kind::timing, 0}).act_us;
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
