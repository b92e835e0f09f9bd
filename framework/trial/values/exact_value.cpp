#include "trial/values/exact_value.hpp"

#include "core/statistics/static_mix.hpp"

namespace offload {
namespace {

// Of a bound that the row's own mix of actions meets with equality, up to rounding.
constexpr double kSlack = 1 + 1e-12;

class AgentPolicy final : public Policy {
 public:
  explicit AgentPolicy(AnyAgent& agent) : agent_(agent) {}
  void act(const offload_view& view, std::int32_t* action) override {
    agent_.act(view, OFFLOAD_EVALUATE, action);
  }

 private:
  AnyAgent& agent_;
};

}  // namespace

bool walkable(const Scenario& scenario) {
  if (scenario.world() != nullptr) return false;
  if (scenario.turns_max() > scenario.layout().window()) return false;
  std::int64_t sequences = 1;
  for (int t = 0; t < scenario.turns_max(); ++t) {
    sequences *= scenario.tasks();
    if (sequences > kWalkSequences) return false;
  }
  return true;
}

std::optional<PolicyValue> exact_value(const Scenario& scenario, const ResponseModel& planning,
                                       const CausalModel& model, RewardModel& reward, AnyAgent& agent,
                                       const Amounts& limit, int first_slot, std::uint64_t seed,
                                       WalkedEpisodes& walked) {
  if (!walkable(scenario)) return std::nullopt;
  AgentPolicy policy(agent);
  return walk_policy(scenario, planning, model, reward, policy, limit, kEvaluationSlots, first_slot, seed,
                     &walked);
}

StaticMix static_mix(const Scenario& scenario, const std::vector<ConstantAction>& constants,
                     const std::vector<std::vector<std::uint16_t>>& decisions) {
  std::vector<std::array<double, kResources>> consumption;
  std::vector<double> reward;
  for (std::size_t a = 0; a < constants.size(); ++a) {
    const double* row = scenario.consumption().values().data() + a * kResources;
    consumption.push_back({row[0], row[1]});
    reward.push_back(constants[a].reward);
  }
  std::array<double, kResources> bound{};
  double turns = 0;
  for (const auto& episode : decisions) {
    for (const std::uint16_t action : episode) {
      for (std::size_t k = 0; k < kResources; ++k) bound[k] += consumption[action][k];
      ++turns;
    }
  }
  for (double& amount : bound) amount *= kSlack / turns;
  return {best_static_mix(reward, consumption, bound), 0};
}

}  // namespace offload
