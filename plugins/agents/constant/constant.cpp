// Takes one action at every turn.
#include <offload/plugin.hpp>

#include <algorithm>

namespace {

class Constant final : public offload::Agent {
 public:
  Constant(const offload::Environment& environment, offload::ParameterReader& parameters)
      : action_(static_cast<std::int32_t>(parameters.integer(
            "action", 1, {0, environment.actions() - 1}, "the action; 0 local, 1 cloud with text only"))) {}

  void act(const offload::View&, offload::Mode, std::span<std::int32_t> action) override {
    std::ranges::fill(action, action_);
  }
  bool portable_bits() const { return true; }

 private:
  std::int32_t action_;
};

}  // namespace

OFFLOAD_AGENT(Constant, "constant", "1.0.0", "the same action at every turn")
