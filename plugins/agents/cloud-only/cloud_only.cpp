// Asks the cloud at every turn, with any set of views, all alike. With `masked` among the cloud actions that
// the mask allows, and local where it allows none of them.
#include <offload/plugin.hpp>

#include <algorithm>

namespace {

class CloudOnly final : public offload::Agent {
 public:
  CloudOnly(const offload::Environment& environment, offload::ParameterReader& parameters)
      : every_cloud_(static_cast<std::size_t>(environment.actions() - 1), 1),
        masked_(parameters.boolean("masked", false, "choose among the actions that the mask allows")) {}

  void act(const offload::View& view, offload::Mode, std::span<std::int32_t> action) override {
    for (int i = 0; i < view.size(); ++i) {
      offload::Random random(view.rng(i));
      const auto cloud = masked_ ? view.mask(i).subspan(1) : std::span<const std::uint8_t>(every_cloud_);
      const bool any = std::ranges::find(cloud, 1) != cloud.end();
      action[static_cast<std::size_t>(i)] = any ? 1 + offload::uniform_allowed(cloud, random) : 0;
    }
  }
  bool portable_bits() const { return true; }

 private:
  std::vector<std::uint8_t> every_cloud_;
  bool masked_;
};

}  // namespace

OFFLOAD_AGENT(CloudOnly, "cloud-only", "1.0.0", "always the cloud, with any set of views")
