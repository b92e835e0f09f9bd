#include "core/logs/simulated_world.hpp"

namespace offload {
namespace {

// In place of what every call took, where the table tells it: what the log declares of the arm.
void declare(const Consumption& declared, std::size_t resource, std::size_t arms,
             std::vector<std::int64_t>& column) {
  for (std::size_t cell = 0; cell < column.size(); ++cell)
    column[cell] = declared.of_action(static_cast<int>(cell % arms))[resource];
}

}  // namespace

std::unique_ptr<const Scenario> simulated_world(const Scenario& home, const ScenarioSettings& settings,
                                                const Predictions& predicted) {
  auto table = std::make_shared<OutcomeTable>(*home.data().outcomes);
  table->quality = predicted;
  table->failed.clear();
  table->text.clear();
  table->text_begin.clear();
  const bool calls = !settings.world.calls_of.empty();
  if (home.world()->charges().has(0)) declare(home.consumption(), 0, table->arms.size(), table->latency_ns);
  if (home.world()->charges().has(1) && !calls)
    declare(home.consumption(), 1, table->arms.size(), table->cost_pusd);
  EpisodeTable data = home.data();
  data.outcomes = std::move(table);
  return std::make_unique<const Scenario>(std::move(data), settings, std::span<const std::uint32_t>{},
                                          DriftFrom{&home.consumption(), false});
}

}  // namespace offload
