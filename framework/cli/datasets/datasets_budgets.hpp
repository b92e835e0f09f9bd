// Which budgets to begin with on a data set: cells in which there is something to decide.
#pragma once

#include <nlohmann/json.hpp>

#include "core/environment/episode.hpp"

namespace offload::cli {

// Up to three cells for whole episodes, the widest first: `name`, `latency_s`, `cost_usd` (what the data do
// not tell is left out). Of logged data under the default profile; of known outcomes by what all of them
// declare. Empty where the data leave no choice under any budget.
nlohmann::ordered_json suggested_cells(const EpisodeTable& table);

// As a line of TOML, with a sentence; nothing where there are none.
void print_suggested_cells(const nlohmann::ordered_json& cells, bool logged);

}  // namespace offload::cli
