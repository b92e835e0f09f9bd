// NaN for refused answers.
#include <offload/plugin.hpp>

namespace {

class Bad final : public offload::Reward {
 public:
  double score(const offload::Outcome& outcome) const override { return outcome.quality / outcome.quality; }
};

}  // namespace

OFFLOAD_REWARD(Bad, "bad-reward", "1.0.0", "misbehaves")
