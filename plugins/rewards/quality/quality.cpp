// The quality of the answer and nothing else: what it takes is a matter of the budgets, which the mask and
// the violations look after.
#include <offload/plugin.hpp>

namespace {

class Quality final : public offload::Reward {
 public:
  double score(const offload::Outcome& outcome) const override { return outcome.quality; }
  bool portable_bits() const { return true; }
};

}  // namespace

OFFLOAD_REWARD(Quality, "quality", "1.0.0", "quality alone, in its own units, under hard budgets")
