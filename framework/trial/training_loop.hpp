// One training of an agent: the host gives it episodes, step by step. The same calls for the same experiment,
// row and split, whatever agent they go to.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/simulation/batch_environment.hpp"
#include "plugin/any_agent.hpp"
#include "results/trial_result.hpp"
#include "suite/experiment.hpp"
#include "trial/training_source.hpp"

namespace offload {

// What trainings of one trial have in common; all of it outlives them.
struct TrainingGround {
  const Experiment& experiment;
  const Scenario& scenario;  // that is trained in
  const RowSettings& row;
  const Split& split;
  StepOutcomes outcomes;
  RewardModel& reward;
  std::int64_t steps_before;  // of the checkpoint that the agent starts from
};

class TrainingLoop {
 public:
  // `slots`: how many the agent asks for; the row may say otherwise. `cell` is the budgets' source where they
  // are per cell.
  TrainingLoop(const TrainingGround& ground, const BudgetCell& cell, int slots);

  std::int64_t batches() const { return batches_; }  // of the whole training
  int slots() const { return slots_; }               // steps of a batch
  // What came of it so far; without curve.
  const TrainingResult& result() const { return result_; }
  double update_s() const { return update_s_; }

  // Trains until so many batches are done. `agent` is the same in every call.
  void train(AnyAgent& agent, std::int64_t until, const std::function<void(std::int64_t batch)>& before_each);

 private:
  // Counts episodes and the budgets they exceeded.
  class Count final : public EpisodeSink {
   public:
    explicit Count(TrainingResult& result) : result_(result) {}
    void finished(const FinishedEpisode& episode) override;

   private:
    TrainingResult& result_;
  };

  int slots_;
  std::int64_t batches_, done_ = 0;
  TrainingResult result_;
  double update_s_ = 0;
  Count count_;
  TrainingSource source_;
  BatchEnvironment environment_;
  std::vector<std::int32_t> action_;
};

// Adds a loop's counts to others at its end, however it ends: what fails has trained, too.
struct Counted {
  const TrainingLoop& loop;
  TrainingResult& total;

  ~Counted() { add_counts(loop.result(), total); }
};

}  // namespace offload
