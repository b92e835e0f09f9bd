#include "cli/datasets/datasets_budgets.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/environment/budget.hpp"
#include "core/error.hpp"
#include "core/simulation/scenario.hpp"

namespace offload::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kRho[] = {1.0, .85, .7, .6, .5, .4, .35, .3, .25, .2, .15, .1};

// To three digits, so that what fits below the value fits below the result.
Amounts rounded_up(Amounts limit) {
  for (std::size_t k = 0; k < kResources; ++k) {
    if (limit[k] == kUnlimited || limit[k] <= 0) continue;
    const auto digit = static_cast<std::int64_t>(
        std::pow(10, std::max(0.0, std::floor(std::log10(static_cast<double>(limit[k]))) - 2)));
    limit[k] = (limit[k] + digit - 1) / digit * digit;
  }
  return limit;
}

bool leaves_a_choice(const Scenario& scenario, const Amounts& limit) {
  const bool same_arm = scenario.world() != nullptr && scenario.world()->same_arm();
  try {
    require_choice({"", limit}, scenario.consumption(), scenario.turns_max(), same_arm);
    return true;
  } catch (const Error&) {
    return false;
  }
}

// The widest first.
std::vector<Amounts> limits_with_choice(const EpisodeTable& table) {
  const Scenario scenario(table, ScenarioSettings{});
  const TableOutcomes* world = scenario.world();
  std::vector<Amounts> limits;
  for (const double rho : kRho) {
    Amounts limit = relative_budget(scenario.consumption(), scenario.turns_max(), rho, rho);
    for (std::size_t k = 0; world != nullptr && k < kResources; ++k) {
      if (!world->charges().has(k)) limit[k] = kUnlimited;
    }
    limit = rounded_up(limit);
    const bool limited = limit[0] != kUnlimited || limit[1] != kUnlimited;
    if (limited && leaves_a_choice(scenario, limit)) limits.push_back(limit);
  }
  return limits;
}

}  // namespace

Json suggested_cells(const EpisodeTable& table) {
  std::vector<Amounts> limits;
  try {
    limits = limits_with_choice(table);
  } catch (const Error& error) {
    // The default profile does not cover every data set.
    if (error.kind() != ErrorKind::config) throw;
  }
  std::vector<std::size_t> chosen;
  if (!limits.empty()) chosen = {0, limits.size() / 2, limits.size() - 1};
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  constexpr const char* kNames[] = {"relaxed", "mid", "tight"};
  Json cells = Json::array();
  for (const std::size_t i : chosen) {
    cells.push_back({{"name", kNames[cells.size()]}});
    for (std::size_t k = 0; k < kResources; ++k) {
      if (limits[i][k] == kUnlimited) continue;
      cells.back()[k == 0 ? "latency_s" : "cost_usd"] = from_amount(limits[i][k], static_cast<int>(k));
    }
  }
  return cells;
}

void print_suggested_cells(const Json& cells, bool logged) {
  if (cells.empty()) return;
  fmt::print("\nBudgets that leave a choice, for [budgets]{}:\n  cells = [{{name = \"open\"}}",
             logged ? " (profile paper, Jetson TX2, Wired)" : "");
  for (const Json& cell : cells) {
    fmt::print(",\n           {{name = \"{}\"", cell["name"].get<std::string>());
    for (const char* key : {"latency_s", "cost_usd"}) {
      if (cell.contains(key)) fmt::print(", {} = {}", key, cell[key].get<double>());
    }
    fmt::print("}}");
  }
  fmt::print("]\n");
}

}  // namespace offload::cli
