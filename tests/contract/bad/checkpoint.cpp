// Saves half of what it learned.
#include <offload/plugin.hpp>

namespace {

class Forgetful final : public offload::Agent {
 public:
  void act(const offload::View& view, offload::Mode, std::span<std::int32_t> action) override {
    for (int i = 0; i < view.size(); ++i) action[static_cast<std::size_t>(i)] = (saved_ + lost_) % 2;
  }
  void observe(const offload::Transition&) { saved_ = lost_ = 1; }
  void save(offload::CheckpointWriter& out) const { out.value(saved_ + 1); }
  void load(offload::CheckpointReader& in) {
    saved_ = in.value<std::int32_t>();
    lost_ = 0;
  }

 private:
  std::int32_t saved_ = 0, lost_ = 0;
};

}  // namespace

OFFLOAD_AGENT(Forgetful, "forgetful", "1.0.0", "saves half of what it learned")
