// Quality, less what the answer cost in cents.
#include <offload/plugin.hpp>

class MyReward final : public offload::Reward {
 public:
  MyReward(const offload::Environment&, offload::ParameterReader& parameters)
      : price_(parameters.number("price", 1, {0, 1000}, "reward lost per US cent")) {}

  double score(const offload::Outcome& outcome) const override {
    return outcome.quality - price_ * 100 * outcome.consumed[offload::kCost];
  }

 private:
  double price_;
};

OFFLOAD_REWARD(MyReward, "my-reward", "0.1.0", "quality less cost in cents")
