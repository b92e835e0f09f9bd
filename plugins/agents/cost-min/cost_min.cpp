// The cheapest action that the mask allows; of equally cheap ones the fastest.
#include <offload/plugin.hpp>

#include <algorithm>
#include <numeric>
#include <tuple>

namespace {

class CostMin final : public offload::Agent {
 public:
  explicit CostMin(const offload::Environment& environment)
      : by_cost_(static_cast<std::size_t>(environment.actions())) {
    std::iota(by_cost_.begin(), by_cost_.end(), 0);
    std::ranges::sort(by_cost_, {}, [&](int action) {
      const auto consumed = environment.consumption(action);
      return std::tuple(consumed[offload::kCost], consumed[offload::kLatency], action);
    });
  }

  void act(const offload::View& view, offload::Mode, std::span<std::int32_t> action) override {
    for (int i = 0; i < view.size(); ++i) {
      const auto allowed = [&](int candidate) { return view.allowed(i, candidate); };
      action[static_cast<std::size_t>(i)] = *std::ranges::find_if(by_cost_, allowed);
    }
  }
  bool portable_bits() const { return true; }

 private:
  std::vector<std::int32_t> by_cost_;
};

}  // namespace

OFFLOAD_AGENT(CostMin, "cost-min", "1.0.0", "the cheapest allowed action, then the fastest")
