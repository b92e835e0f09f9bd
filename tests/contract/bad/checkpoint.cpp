// Learns by gradients of a sort and saves less of it than it should, in the way an environment variable asks
// for.
#include <offload/plugin.hpp>

#include <cstdlib>
#include <string>

namespace {

std::string asked() {
  const char* variable = std::getenv("OFFLOAD_TEST_FAULT");
  return variable != nullptr ? variable : "none";
}

class Forgetful final : public offload::Agent {
 public:
  void act(const offload::View& view, offload::Mode, std::span<std::int32_t> action) override {
    for (int i = 0; i < view.size(); ++i) {
      action[static_cast<std::size_t>(i)] =
          static_cast<std::int32_t>(value_ + lost_) % 2 * view.allowed(i, 1);
    }
  }
  void observe(const offload::Transition& step) {
    for (int i = 0; i < step.size(); ++i) moment_ = .9 * moment_ + .1 * step.reward(i);
    lost_ = fault_ == "half" ? 1 : 0;
  }
  std::int64_t update() {
    value_ += moment_;
    return 1;
  }
  void save(offload::CheckpointWriter& out) const {
    out.value(value_);
    if (fault_ != "optimiser" && fault_ != "kept") out.value(moment_);
    if (fault_ == "counter") out.value(++saved_);
  }
  void load(offload::CheckpointReader& in) {
    if (fault_ == "nothing") {
      in.value<double>(), in.value<double>();
      return;
    }
    value_ = in.value<double>();
    lost_ = 0;
    if (fault_ == "optimiser") moment_ = 0;
    if (fault_ != "optimiser" && fault_ != "kept") moment_ = in.value<double>();
    if (fault_ == "counter") saved_ = in.value<int>();
  }

 private:
  std::string fault_ = asked();
  double value_ = 0, moment_ = 0;
  int lost_ = 0;
  mutable int saved_ = 0;
};

}  // namespace

OFFLOAD_AGENT(Forgetful, "forgetful", "1.0.0", "saves half of what it learned")
