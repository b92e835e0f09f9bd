// The smallest learner: the mean reward of every action for every task, explored less and less. Needs no
// library; a good start for an agent of one's own.
#include <offload/plugin.hpp>

#include <limits>

namespace {

class EpsilonGreedy final : public offload::Agent {
 public:
  EpsilonGreedy(const offload::Environment& environment, offload::ParameterReader& parameters)
      : epsilon_(parameters.number("epsilon", 0.5, {0, 1}, "probability of any allowed action at first")),
        decay_(parameters.number("epsilon_decay", 0.9995, {0, 1}, "factor on epsilon per training step")),
        actions_(static_cast<std::size_t>(environment.actions())),
        tried_(actions_ * static_cast<std::size_t>(environment.tasks()), 0),
        mean_(tried_.size(), -std::numeric_limits<double>::infinity()) {}

  void act(const offload::View& view, offload::Mode mode, std::span<std::int32_t> action) override {
    for (int i = 0; i < view.size(); ++i) {
      offload::Random random(view.rng(i));
      const std::span<const double> means = std::span(mean_).subspan(row(view, i), actions_);
      const bool explore = mode == offload::Mode::explore && random.uniform() < epsilon_;
      action[static_cast<std::size_t>(i)] = explore ? offload::uniform_allowed(view.mask(i), random)
                                                    : offload::best_allowed(view.mask(i), means);
    }
  }
  void observe(const offload::Transition& step) {
    for (int i = 0; i < step.size(); ++i) {
      const std::size_t cell = row(step.before(), i) + static_cast<std::size_t>(step.action(i));
      if (++tried_[cell] == 1) mean_[cell] = 0;
      mean_[cell] += (step.reward(i) - mean_[cell]) / static_cast<double>(tried_[cell]);
      epsilon_ *= decay_;
    }
  }
  std::vector<offload::Scalar> scalars() const { return {{"epsilon", epsilon_}}; }
  void save(offload::CheckpointWriter& out) const {
    out.value(epsilon_);
    out.values(tried_);
    out.values(mean_);
  }
  void load(offload::CheckpointReader& in) {
    epsilon_ = in.value<double>();
    in.values(tried_);
    in.values(mean_);
  }
  bool portable_bits() const { return true; }

 private:
  std::size_t row(const offload::View& view, int i) const {
    return static_cast<std::size_t>(view.task(i)) * actions_;
  }

  double epsilon_, decay_;
  std::size_t actions_;
  std::vector<std::int64_t> tried_;  // [task][action]
  std::vector<double> mean_;         // [task][action]
};

}  // namespace

OFFLOAD_AGENT(EpsilonGreedy, "epsilon-greedy", "1.0.0", "the allowed action of best mean reward for the task")
