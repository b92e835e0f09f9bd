#include "trial/trial.hpp"

#include <offload/random.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

#include "core/error.hpp"
#include "files/machine.hpp"
#include "plugin/instance.hpp"
#include "trial/abroad.hpp"
#include "trial/checkpoint.hpp"
#include "trial/copies.hpp"
#include "trial/fresh_agents.hpp"
#include "trial/passes.hpp"
#include "trial/scalars.hpp"
#include "trial/training_loop.hpp"
#include "trial/training_world.hpp"
#include "trial/tuning.hpp"
#include "trial/values/margins.hpp"
#include "trial/values/rewards.hpp"
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
        const ProgressReport& progress, const KeepCheckpoint& keep, TrialCopies copies)
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
        reward_(reward_beside(agent_library, reward_library, nursery_), experiment.suite.reward.parameters,
                environment_, reward_place(experiment.suite, row.training.memory_limit_mb)),
        planning_(scenario_.world() ? nullptr
                                    : make_response_model(experiment.suite.response_model, scenario_,
                                                          split.train, experiment.truth)),
        training_world_(experiment, row, split),
        tests_(test_episodes(experiment, split)),
        drifts_(experiment, split, tests_, reward_),
        passes_(experiment, split, tests_, planning_.get(), outcomes(), reward_, drifts_),
        scoring_(experiment, split, tests_, reward_),
        fresh_(passes_, row, agent_library, environment_, host_world(scenario_), *nursery_),
        alone_(copies == TrialCopies::none) {
    if (row.training.isolation == Isolation::none && !alone_)
      copies_.emplace(passes_, row, agent_library, environment_, host_world(scenario_), copies);
  }

  TrialResult run(DecisionTimes times);
  // What a candidate comes to on the tests of this split, which validate it.
  TunedCandidate validate();

 private:
  // Of a model by way of a memo that the first call makes.
  StepOutcomes outcomes() {
    if (scenario_.world() != nullptr) return *scenario_.world();
    if (!memo_)
      memo_.emplace(*planning_, scenario_.actions().size(), scenario_.tasks(), scenario_.turns_max());
    return *memo_;
  }
  void train_and_evaluate(const BudgetCell& training_cell, std::size_t first_cell, std::size_t end_cell);
  void learn(const BudgetCell& training_cell);
  void make_agent();
  void train(const BudgetCell& cell);
  TrainingLoop training_loop(const BudgetCell& cell, int slots);
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
  const std::shared_ptr<Nursery> nursery_ = std::make_shared<Nursery>();
  PlacedReward reward_;  // before copies are made beside it
  std::unique_ptr<ResponseModel> planning_;
  std::optional<ResponseMemo> memo_;
  TrainingWorld training_world_;
  std::vector<std::uint32_t> tests_;
  Drifts drifts_;
  Passes passes_;
  Scoring scoring_;
  std::optional<Copies> copies_;  // before the agent; none where it is isolated
  FreshAgents fresh_;
  bool alone_;  // the agent itself decides, in this process
  std::unique_ptr<AnyAgent> agent_;
  const BudgetCell* training_cell_ = nullptr;  // of the agent
  std::int64_t batches_ = 0;                   // that it was trained for
  TrialResult result_;
  double update_s_ = 0;
};

TrialResult Trial::run(DecisionTimes times) {
  const auto start = Clock::now();
  const auto& cells = experiment_.cells;
  for (const auto& drift : experiment_.suite.evaluation.drifts) result_.drifts.push_back({drift.name, {}});
  if (row_.training.budgets.kind == TrainingBudgets::Kind::per_cell) {
    for (std::size_t c = 0; c < cells.size(); ++c) train_and_evaluate(cells[c], c, c + 1);
  } else {
    train_and_evaluate(cells.front(), 0, cells.size());
  }
  const auto evaluation = Clock::now();
  score();
  if (times == DecisionTimes::taken) time_decisions();
  result_.copies = alone_ ? EvaluationCopies::none : copies_ ? copies_->kind() : EvaluationCopies::process;
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
  result_.host = machine_facts();
  if (agent_->portable_bits() && reward_.portable_bits()) result_.host["bits"] = kPortableBits;
  for (const auto& [key, value] : agent_->facts()) result_.host["agent." + key] = value;
  for (const auto& [key, value] : reward_.facts()) result_.host["reward." + key] = value;
  // What processes of their own took counts once they have ended.
  agent_->end();
  fresh_.end();
  reward_.end();
  TrialTiming& timing = result_.timing;
  timing.wall_s = seconds_since(start);
  timing.cpu_s = cpu_seconds();
  timing.peak_memory_mb = peak_memory_mb();
  const TrainingResult& training = result_.training;
  if (timing.train_s > 0)
    timing.environment_steps_per_s = static_cast<double>(training.steps) / timing.train_s;
  if (training.gradient_steps > 0)
    timing.update_mean_us = update_s_ * 1e6 / static_cast<double>(training.gradient_steps);
  const std::uint64_t held = (copies_ || alone_ ? kHeldAll : fresh_.held()) & reward_.held();
  if (const std::string missing = missing_text(held); !missing.empty())
    result_.host[kIsolationMissing] = missing;
  return std::move(result_);
}

void Trial::learn(const BudgetCell& training_cell) {
  const auto loading = Clock::now();
  training_cell_ = &training_cell;
  batches_ = 0;
  make_agent();
  load_start(row_, start_, *agent_);
  result_.timing.load_s += seconds_since(loading);
  const auto training = Clock::now();
  if (agent_->trained() && row_.training.steps > 0) train(training_cell);
  result_.timing.train_s += seconds_since(training);
}

void Trial::train_and_evaluate(const BudgetCell& training_cell, std::size_t first_cell,
                               std::size_t end_cell) {
  learn(training_cell);
  if (row_.training.checkpoints && agent_->trained() && agent_->has_checkpoint()) {
    const std::int64_t steps = result_.training.steps;
    keep_(sealed({agent_->info().id, start_.steps + steps, agent_->save_checkpoint(),
                  trained_on(start_.lineage, experiment_, split_, steps)}));
  }
  const auto evaluation = Clock::now();
  for (std::size_t c = first_cell; c < end_cell; ++c) evaluate(c);
  result_.timing.evaluate_s += seconds_since(evaluation);
}

TunedCandidate Trial::validate() try {
  TunedCandidate candidate;
  const std::vector<BudgetCell>& cells = experiment_.cells;
  const bool per_cell = row_.training.budgets.kind == TrainingBudgets::Kind::per_cell;
  for (std::uint32_t c = 0; c < cells.size(); ++c) {
    if (c == 0 || per_cell) learn(cells[c]);
    const PassAnswer answer = decided({Pass::Kind::cell, c});
    candidate.reward.push_back(answer.mean_reward);
    candidate.violations.push_back(episodes_over(scoring_.replayed(c, answer.decisions), cells[c].limit));
  }
  candidate.steps = result_.training.steps;
  if (copies_) copies_->end();
  agent_->end();
  return candidate;
} catch (const Error& error) {
  return failed_candidate(error, result_.training.steps);
}

void Trial::make_agent() {
  if (agent_) agent_->end();
  agent_.reset();
  fresh_.forget();
  if (copies_ || alone_)
    agent_ = std::make_unique<AgentInstance>(agent_library_, row_.agent.parameters, environment_,
                                             host_world(scenario_));
  else
    agent_ = fresh_.make();
}

TrainingLoop Trial::training_loop(const BudgetCell& cell, int slots) {
  const bool home = training_world_.is_home();
  return {{experiment_, home ? scenario_ : training_world_.scenario(), row_, split_,
           home ? outcomes() : training_world_.outcomes(), reward_, start_.steps},
          cell,
          slots};
}

void Trial::train(const BudgetCell& cell) {
  TrainingLoop loop = training_loop(cell, agent_->training_slots());
  const Counted counted{loop, result_.training};
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
  note_not_finite(*agent_, result_.training);
  update_s_ += loop.update_s();
}

// All that was done with the agent so far.
void Trial::train_again(AnyAgent& agent) {
  load_start(row_, start_, agent);
  if (batches_ == 0) return;
  TrainingLoop loop = training_loop(*training_cell_, agent.training_slots());
  loop.train(agent, batches_, [](std::int64_t) {});
}

PassAnswer Trial::decided(const Pass& pass) {
  if (alone_) return passes_.run(pass, *agent_, std::max(row_.training.slots, agent_->training_slots()));
  if (copies_) return copies_->run(pass, *agent_);
  return fresh_.run(pass, *agent_, [this](AnyAgent& agent) { train_again(agent); });
}

void Trial::add_curve_point(std::int64_t step) {
  result_.training.curve.push_back(curve_point(step, experiment_.cells, *agent_, [&](std::uint32_t c) {
    return decided({Pass::Kind::cell, c, step}).mean_reward;
  }));
}

void Trial::evaluate(std::size_t c) {
  const auto cell = static_cast<std::uint32_t>(c);
  const auto margin = calibrated_margin(experiment_, split_, c, [&](int margin_percent) {
    return decided({Pass::Kind::calibration, cell, -1, margin_percent}).decisions;
  });
  const auto decisions = decided({Pass::Kind::cell, cell, -1, margin ? margin->margin_percent : 0}).decisions;
  if (decisions.size() != tests_.size())
    fail(ErrorKind::plugin, "an evaluation decided {} of {} episodes", decisions.size(), tests_.size());
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
    in_drift(experiment_, d, c, [&] {
      result_.drifts[d].cells.push_back(drifts_.replayed(d, c, decided(pass).decisions, margin));
    });
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
  const auto [p50, p95, p99] = decided({Pass::Kind::timing, 0}).act_us;
  result_.timing.act_p50_us = p50, result_.timing.act_p95_us = p95, result_.timing.act_p99_us = p99;
}

}  // namespace

TrialResult run_trial(const Experiment& experiment, const RowSettings& row, const Split& split,
                      const std::filesystem::path& agent_library, const std::filesystem::path& reward_library,
                      const ProgressReport& progress, const KeepCheckpoint& keep, TrialCopies copies,
                      DecisionTimes times) {
  const auto trial = [&](const Experiment& in, const RowSettings& of, const Split& on,
                         const ProgressReport& told) {
    return Trial(in, of, on, agent_library, reward_library, told, keep, copies);
  };
  const auto run = [&](const RowSettings& of, const ProgressReport& told) {
    return with_natives(
        experiment, of, split, [&](const Experiment& in, const RowSettings& as, const Split& on) {
          return trial(in, as, on, told).run(&in == &experiment ? times : DecisionTimes::left_out);
        });
  };
  if (row.candidates.empty()) return run(row, progress);
  return tuned_trial(
      experiment, row, split, progress,
      [&](const RowSettings& of, const Split& on) {
        return trial(experiment, of, on, [](double) {}).validate();
      },
      run);
}

}  // namespace offload
