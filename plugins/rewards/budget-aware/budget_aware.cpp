// quality + association * a - latency * s_0 - cost * s_1, where s_k is the share of the episode's budget k
// that the turn takes, at most 1. What is scarce has its price; without a budget nothing has.
#include <offload/plugin.hpp>

namespace {

class BudgetAware final : public offload::Reward {
 public:
  BudgetAware(const offload::Environment&, offload::ParameterReader& parameters)
      : association_(parameters.number("association", 1.0 / 3, {0, 1e6}, "weight of the images' relevance")),
        latency_(parameters.number("latency", 1, {0, 1e6}, "price of the whole latency budget")),
        cost_(parameters.number("cost", 1, {0, 1e6}, "price of the whole cost budget")) {}

  double score(const offload::Outcome& outcome) const override {
    return outcome.quality + association_ * outcome.association -
           latency_ * share(outcome, offload::kLatency) - cost_ * share(outcome, offload::kCost);
  }
  bool portable_bits() const { return true; }

 private:
  static double share(const offload::Outcome& outcome, std::size_t k) {
    if (outcome.consumed[k] <= 0) return 0;
    return outcome.consumed[k] < outcome.limit[k] ? outcome.consumed[k] / outcome.limit[k] : 1;
  }

  double association_, latency_, cost_;
};

}  // namespace

OFFLOAD_REWARD(BudgetAware, "budget-aware", "1.0.0", "quality + association/3 - shares of the budgets taken")
