// Saves and loads as many megabytes as it is told.
#include <offload/plugin.hpp>

#include <string>

namespace {

class Large final : public offload::Agent {
 public:
  Large(const offload::Environment&, offload::ParameterReader& parameters) {
    const auto megabytes = parameters.integer("megabytes", 1, {0, 100}, "of the checkpoint");
    for (std::int64_t i = 0; i < megabytes * 1'000'000; ++i) bytes_ += static_cast<char>(i % 251);
  }
  void act(const offload::View&, offload::Mode, std::span<std::int32_t> action) override {
    for (std::int32_t& chosen : action) chosen = 0;
  }
  void save(offload::CheckpointWriter& out) const { out.text(bytes_); }
  void load(offload::CheckpointReader& in) { bytes_ = in.text(); }

 private:
  std::string bytes_;
};

}  // namespace

OFFLOAD_AGENT(Large, "large-checkpoint", "1.0.0", "saves megabytes")
