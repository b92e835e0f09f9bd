#include "trial/scalars.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace offload {

std::map<std::string, double> scalars_of(AnyAgent& agent) {
  std::vector<double> values(agent.scalar_names().size());
  agent.read_scalars(values);
  std::map<std::string, double> scalars;
  for (std::size_t i = 0; i < values.size(); ++i) scalars[agent.scalar_names()[i]] = values[i];
  return scalars;
}

CurvePoint curve_point(std::int64_t step, const std::vector<BudgetCell>& cells, AnyAgent& agent,
                       const std::function<double(std::uint32_t)>& reward_of) {
  CurvePoint point{step, {}};
  for (std::uint32_t c = 0; c < cells.size(); ++c) point.values["reward/" + cells[c].name] = reward_of(c);
  for (const auto& [name, value] : scalars_of(agent)) {
    if (std::isfinite(value)) point.values[name] = value;
  }
  return point;
}

void note_not_finite(AnyAgent& agent, TrainingResult& training) {
  for (const auto& [name, value] : scalars_of(agent)) {
    if (!std::isfinite(value) && std::ranges::count(training.not_finite, name) == 0)
      training.not_finite.push_back(name);
  }
}

}  // namespace offload
