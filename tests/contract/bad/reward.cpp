// NaN for refused answers, else what its parameter says; or NaN for slow answers alone.
#include <offload/plugin.hpp>

#include <limits>

namespace {

class Bad final : public offload::Reward {
 public:
  Bad(const offload::Environment&, offload::ParameterReader& parameters)
      : scale_(parameters.number("scale", 1, {}, "of every reward")),
        most_s_(parameters.number("most_s", 0, {}, "latency above which there is none; 0: refused answers")) {
  }
  double score(const offload::Outcome& outcome) const override {
    if (most_s_ > 0)
      return outcome.consumed[0] > most_s_ ? std::numeric_limits<double>::quiet_NaN() : outcome.quality;
    return outcome.quality / outcome.quality * scale_;
  }

 private:
  double scale_, most_s_;
};

}  // namespace

OFFLOAD_REWARD(Bad, "bad-reward", "1.0.0", "misbehaves")
