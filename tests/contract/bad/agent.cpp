// An agent that misbehaves in the way its parameter asks for.
#include <offload/plugin.hpp>

#include <stdexcept>

namespace {

class Bad final : public offload::Agent {
 public:
  Bad(const offload::Environment&, offload::ParameterReader& parameters)
      : fault_(
            parameters.text("fault", "none", "none|create|act|no-exception|outside|skipped", "what to do")) {
    if (fault_ == "create") throw std::runtime_error("the network file is missing");
  }
  void act(const offload::View& view, offload::Mode, std::span<std::int32_t> action) override {
    if (fault_ == "act") throw std::runtime_error("lost my mind");
    if (fault_ == "no-exception") throw 7;
    for (int i = 0; i < view.size(); ++i) {
      if (fault_ == "skipped" && i == 1) continue;
      action[static_cast<std::size_t>(i)] = fault_ == "outside" && i == 2 ? 12 : 0;
    }
  }

 private:
  std::string fault_;
};

}  // namespace

OFFLOAD_AGENT(Bad, "bad-agent", "1.0.0", "misbehaves")
