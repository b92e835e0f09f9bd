// Keeps a running mean of the reward of every action and mostly takes the best one that the mask allows.
#include <offload/plugin.hpp>

class MyAgent final : public offload::Agent {
 public:
  // Read parameters here, once; each has a default, a range and a line of help.
  MyAgent(const offload::Environment& environment, offload::ParameterReader& parameters)
      : epsilon_(parameters.number("epsilon", 0.1, {0, 1}, "probability of any allowed action in training")),
        tried_(environment.actions(), 0),
        mean_(environment.actions(), 0) {}

  // Choose action[i] for every row; view.rng(i) is the only randomness.
  void act(const offload::View& view, offload::Mode mode, std::span<std::int32_t> action) override {
    for (int i = 0; i < view.size(); ++i) {
      offload::Random random(view.rng(i));
      const bool explore = mode == offload::Mode::explore && random.uniform() < epsilon_;
      action[i] = explore ? offload::uniform_allowed(view.mask(i), random)
                          : offload::best_allowed<double>(view.mask(i), mean_);
    }
  }

  // Optional: having `observe` makes the agent one that is trained.
  void observe(const offload::Transition& step) {
    for (int i = 0; i < step.size(); ++i) {
      const int action = step.action(i);
      mean_[action] += (step.reward(i) - mean_[action]) / ++tried_[action];
    }
  }

 private:
  double epsilon_;
  std::vector<int> tried_;
  std::vector<double> mean_;
};

OFFLOAD_AGENT(MyAgent, "my-agent", "0.1.0", "best mean reward so far")
