// An example of hidden state: remembers per slot which views the episode has sent so far, however long ago,
// and keeps the mean reward of every action for every task and number of them. `first` forgets the episode
// before.
#include <offload/plugin.hpp>

#include <bit>
#include <limits>

namespace {

class RecurrentMean final : public offload::Agent {
 public:
  RecurrentMean(const offload::Environment& environment, offload::ParameterReader& parameters)
      : environment_(environment),
        epsilon_(parameters.number("epsilon", 0.2, {0, 1}, "probability of any allowed action in training")),
        actions_(static_cast<std::size_t>(environment.actions())),
        states_(static_cast<std::size_t>(environment.modalities()) + 1),
        tried_(actions_ * states_ * static_cast<std::size_t>(environment.tasks()), 0),
        mean_(tried_.size(), -std::numeric_limits<double>::infinity()) {}

  void act(const offload::View& view, offload::Mode mode, std::span<std::int32_t> action) override {
    for (int i = 0; i < view.size(); ++i) {
      Memory& memory = memory_of(view.slot(i));
      if (view.first(i)) memory.sent = 0;
      memory.row = row(view.task(i), std::popcount(memory.sent));
      offload::Random random(view.rng(i));
      const std::span<const double> means = std::span(mean_).subspan(memory.row, actions_);
      const bool explore = mode == offload::Mode::explore && random.uniform() < epsilon_;
      const std::int32_t chosen = explore ? offload::uniform_allowed(view.mask(i), random)
                                          : offload::best_allowed(view.mask(i), means);
      memory.sent |= environment_.images(chosen);
      action[static_cast<std::size_t>(i)] = chosen;
    }
  }
  void observe(const offload::Transition& step) {
    for (int i = 0; i < step.size(); ++i) {
      // What the slot remembered when it acted.
      const std::size_t cell =
          memory_of(step.before().slot(i)).row + static_cast<std::size_t>(step.action(i));
      if (++tried_[cell] == 1) mean_[cell] = 0;
      mean_[cell] += (step.reward(i) - mean_[cell]) / static_cast<double>(tried_[cell]);
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
  struct Memory {
    std::uint32_t sent = 0;  // bit m: view m was sent earlier in the episode
    std::size_t row = 0;     // of the tables, at the latest decision
  };

  Memory& memory_of(int slot) {
    const auto index = static_cast<std::size_t>(slot);
    if (memory_.size() <= index) memory_.resize(index + 1);
    return memory_[index];
  }
  std::size_t row(int task, int sent) const {
    return (static_cast<std::size_t>(task) * states_ + static_cast<std::size_t>(sent)) * actions_;
  }

  offload::Environment environment_;
  double epsilon_;
  std::size_t actions_, states_;
  std::vector<Memory> memory_;       // [slot]
  std::vector<std::int64_t> tried_;  // [task][views sent][action]
  std::vector<double> mean_;         // [task][views sent][action]
};

}  // namespace

OFFLOAD_AGENT(RecurrentMean, "recurrent-mean", "1.0.0",
              "example of hidden state: mean reward by task and views sent")
