// Remembers what it has scored: each new outcome is worth a little less.
#include <offload/plugin.hpp>

namespace {

class Tired final : public offload::Reward {
 public:
  double score(const offload::Outcome& outcome) const override { return outcome.quality - 0.001 * scored_++; }

 private:
  mutable int scored_ = 0;
};

}  // namespace

OFFLOAD_REWARD(Tired, "impure-reward", "1.0.0", "depends on earlier calls")
