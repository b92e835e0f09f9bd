// One arm of a table of outcomes as `datasets describe` shows it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>

#include "core/routing/arms.hpp"

namespace offload {

// NaN is null.
nlohmann::ordered_json number_or_null(double value);
// cost_usd (mean), cost_per_1k, arena.
void add_cost_figures(double quality, double cost_usd, nlohmann::ordered_json& to);
// Over the turns given; `means`: the arm's.
nlohmann::ordered_json arm_description(const OutcomeTable& table, std::span<const std::uint32_t> turns,
                                       std::size_t arm, const ArmMeans& means);

}  // namespace offload
