// quality - lambda_usd * USD - lambda_s * seconds: prices in absolute units, the same whatever other actions
// there are.
#include <offload/plugin.hpp>

namespace {

class QualityPrice final : public offload::Reward {
 public:
  QualityPrice(const offload::Environment&, offload::ParameterReader& parameters)
      : usd_(parameters.number("lambda_usd", 0, {0, 1e12},
                               "quality that a US dollar is worth (a call, where budgets count calls)")),
        s_(parameters.number("lambda_s", 0, {0, 1e12}, "quality that a second is worth")) {}

  double score(const offload::Outcome& outcome) const override {
    return outcome.quality - usd_ * outcome.consumed[offload::kCost] -
           s_ * outcome.consumed[offload::kLatency];
  }
  bool portable_bits() const { return true; }

 private:
  double usd_, s_;
};

}  // namespace

OFFLOAD_REWARD(QualityPrice, "quality-price", "1.0.0",
               "quality - lambda_usd * USD - lambda_s * seconds, in absolute units")
