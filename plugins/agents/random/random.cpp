// The reference's random policy: local with probability one half, otherwise one of the cloud actions, all
// alike. With `masked` the same distribution inside the mask.
#include <offload/plugin.hpp>

namespace {

class RandomAgent final : public offload::Agent {
 public:
  RandomAgent(const offload::Environment& environment, offload::ParameterReader& parameters)
      : cloud_(0.5 / (environment.actions() - 1)),
        masked_(parameters.boolean("masked", false, "choose among the actions that the mask allows")) {}

  void act(const offload::View& view, offload::Mode, std::span<std::int32_t> action) override {
    for (int i = 0; i < view.size(); ++i) action[static_cast<std::size_t>(i)] = draw(view, i);
  }
  bool portable_bits() const { return true; }

 private:
  double weight(std::span<const std::uint8_t> mask, std::size_t action) const {
    if (masked_ && mask[action] == 0) return 0;
    return action == 0 ? 0.5 : cloud_;
  }
  std::int32_t draw(const offload::View& view, int i) const {
    const auto mask = view.mask(i);
    double mass = 0;
    for (std::size_t action = 0; action < mask.size(); ++action) mass += weight(mask, action);
    double left = offload::Random(view.rng(i)).uniform() * mass;
    std::size_t drawn = 0;
    for (std::size_t action = 0; action < mask.size() && left >= 0; ++action) {
      if (weight(mask, action) == 0) continue;
      left -= weight(mask, action);
      drawn = action;
    }
    return static_cast<std::int32_t>(drawn);
  }

  double cloud_;
  bool masked_;
};

}  // namespace

OFFLOAD_AGENT(RandomAgent, "random", "1.0.0", "local half of the time, otherwise any cloud action")
