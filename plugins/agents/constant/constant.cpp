// Takes one action at every turn: by its number, or by its name.
#include <offload/plugin.hpp>
#include <offload/world.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace {

class Constant final : public offload::Agent {
 public:
  Constant(const offload::Environment& environment, offload::ParameterReader& parameters)
      : action_(static_cast<std::int32_t>(parameters.integer(
            "action", std::min(1, environment.actions() - 1), {0, environment.actions() - 1},
            "the action; 0 local, 1 cloud with text only"))) {
    const std::string arm = parameters.text("arm", "", nullptr, "the action by name, in place of its number");
    if (!arm.empty()) action_ = named(arm, offload::ActionNames(parameters));
  }

  void act(const offload::View&, offload::Mode, std::span<std::int32_t> action) override {
    std::ranges::fill(action, action_);
  }
  bool portable_bits() const { return true; }

 private:
  static std::int32_t named(const std::string& arm, const offload::ActionNames& actions) {
    std::string known;
    for (int a = 0; a < actions.size(); ++a) {
      if (arm == actions.name(a)) return a;
      known += (a > 0 ? ", " : "") + std::string(actions.name(a));
    }
    throw std::invalid_argument("there is no arm '" + arm + "'; known: " + known);
  }

  std::int32_t action_;
};

}  // namespace

OFFLOAD_AGENT(Constant, "constant", "1.1.0", "the same action at every turn")
