#include "trial/training_loop.hpp"

#include <offload/random.hpp>

namespace offload {
namespace {

std::uint64_t seed_of(const TrainingGround& ground) {
  const std::uint64_t seed = ground.split.stream_of(ground.experiment.suite.seed);
  return ground.steps_before > 0 ? stream(seed, ground.steps_before) : seed;
}

}  // namespace

void TrainingLoop::Count::finished(const FinishedEpisode& episode) {
  const bool latency = episode.exceeds(0), cost = episode.exceeds(1);
  ++result_.episodes;
  result_.latency_violations += latency;
  result_.cost_violations += cost;
  result_.joint_violations += latency || cost;
}

TrainingLoop::TrainingLoop(const TrainingGround& ground, const BudgetCell& cell, int slots)
    : slots_(ground.row.training.slots > 0 ? ground.row.training.slots : slots),
      batches_((ground.row.training.steps + slots_ - 1) / slots_),
      count_(result_),
      source_(ground.scenario, ground.split.train, ground.row.training.budgets, cell, seed_of(ground)),
      environment_(ground.scenario, ground.outcomes, ground.reward, source_, &count_,
                   BatchEnvironment::Purpose::training, slots_, 0),
      action_(static_cast<std::size_t>(slots_)) {}

// Taking in a step and choosing the next actions is one call, but at the end, where something else may be
// asked of the agent in between.
void TrainingLoop::train(AnyAgent& agent, std::int64_t until,
                         const std::function<void(std::int64_t batch)>& before_each) {
  if (done_ < until) agent.act(environment_.view(), OFFLOAD_EXPLORE, action_.data(), &environment_);
  while (done_ < until) {
    before_each(done_);
    const offload_transition& step =
        environment_.step({action_.data(), static_cast<std::size_t>(environment_.view().n)});
    const bool last = ++done_ == until;
    const AnyAgent::Learned learned =
        agent.learn(step, last ? nullptr : &environment_.view(), action_.data(), &environment_);
    result_.gradient_steps += learned.gradient_steps;
    result_.steps += slots_;
    update_s_ += learned.update_s;
  }
}

}  // namespace offload
