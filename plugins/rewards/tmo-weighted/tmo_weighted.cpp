// quality + association/3 - latency/3 - cost/3: association over the turn's actions, latency and cost over
// all actions, each scaled to 0..1 (the reward of the TMO paper).
#include <offload/plugin.hpp>

namespace {

class TmoWeighted final : public offload::Reward {
 public:
  TmoWeighted(const offload::Environment&, offload::ParameterReader& parameters)
      : quality_(parameters.number("quality", 1, {0, 1e6}, "weight of the judged score")),
        association_(parameters.number("association", 1.0 / 3, {0, 1e6}, "weight of the images' relevance")),
        latency_(parameters.number("latency", 1.0 / 3, {0, 1e6}, "price of relative latency")),
        cost_(parameters.number("cost", 1.0 / 3, {0, 1e6}, "price of relative cost")) {}

  double score(const offload::Outcome& outcome) const override {
    return quality_ * outcome.quality + association_ * outcome.association -
           latency_ * outcome.consumed_relative[offload::kLatency] -
           cost_ * outcome.consumed_relative[offload::kCost];
  }
  bool portable_bits() const { return true; }

 private:
  double quality_, association_, latency_, cost_;
};

}  // namespace

OFFLOAD_REWARD(TmoWeighted, "tmo-weighted", "1.0.0", "quality + association/3 - latency/3 - cost/3")
