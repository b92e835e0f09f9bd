// Learns the mean quality of every action, whatever the task and the price, and takes the best that the mask
// allows; an action never tried comes last.
#include <offload/plugin.hpp>

#include <limits>

namespace {

class GreedyQuality final : public offload::Agent {
 public:
  GreedyQuality(const offload::Environment& environment, offload::ParameterReader& parameters)
      : epsilon_(parameters.number("epsilon", 0.1, {0, 1}, "probability of any allowed action in training")),
        tried_(static_cast<std::size_t>(environment.actions()), 0),
        mean_(tried_.size(), -std::numeric_limits<double>::infinity()) {}

  void act(const offload::View& view, offload::Mode mode, std::span<std::int32_t> action) override {
    for (int i = 0; i < view.size(); ++i) {
      offload::Random random(view.rng(i));
      const bool explore = mode == offload::Mode::explore && random.uniform() < epsilon_;
      action[static_cast<std::size_t>(i)] = explore ? offload::uniform_allowed(view.mask(i), random)
                                                    : offload::best_allowed<double>(view.mask(i), mean_);
    }
  }
  void observe(const offload::Transition& step) {
    for (int i = 0; i < step.size(); ++i) {
      const auto action = static_cast<std::size_t>(step.action(i));
      if (++tried_[action] == 1) mean_[action] = 0;
      mean_[action] += (step.quality(i) - mean_[action]) / static_cast<double>(tried_[action]);
    }
  }
  void save(offload::CheckpointWriter& out) const {
    out.values(tried_);
    out.values(mean_);
  }
  void load(offload::CheckpointReader& in) {
    in.values(tried_);
    in.values(mean_);
  }
  bool portable_bits() const { return true; }

 private:
  double epsilon_;
  std::vector<std::int64_t> tried_;
  std::vector<double> mean_;
};

}  // namespace

OFFLOAD_AGENT(GreedyQuality, "greedy-quality", "1.0.0", "the allowed action of best mean quality in training")
