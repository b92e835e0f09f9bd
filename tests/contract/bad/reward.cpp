// NaN for refused answers, else what its parameter says.
#include <offload/plugin.hpp>

namespace {

class Bad final : public offload::Reward {
 public:
  Bad(const offload::Environment&, offload::ParameterReader& parameters)
      : scale_(parameters.number("scale", 1, {}, "of every reward")) {}
  double score(const offload::Outcome& outcome) const override {
    return outcome.quality / outcome.quality * scale_;
  }

 private:
  double scale_;
};

}  // namespace

OFFLOAD_REWARD(Bad, "bad-reward", "1.0.0", "misbehaves")
