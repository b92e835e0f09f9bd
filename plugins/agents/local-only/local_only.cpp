// Answers everything on the device.
#include <offload/plugin.hpp>

#include <algorithm>

namespace {

class LocalOnly final : public offload::Agent {
 public:
  void act(const offload::View&, offload::Mode, std::span<std::int32_t> action) override {
    std::ranges::fill(action, 0);
  }
  bool portable_bits() const { return true; }
};

}  // namespace

OFFLOAD_AGENT(LocalOnly, "local-only", "1.0.0", "always the local model")
