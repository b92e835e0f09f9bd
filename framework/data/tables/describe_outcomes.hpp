// What `datasets describe` says of a table with outcomes: arms, the best constant, the per-query oracle,
// ties, known cells, and in which range of budgets there is a choice. Names of fields: datasets/README.md.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/environment/episode.hpp"

namespace offload {

// Of one task alone where `task` is not empty. `table` has outcomes. Throws Error(config) for a task that it
// does not have.
nlohmann::ordered_json describe_outcomes(const EpisodeTable& table, const std::string& task);

// "licence not stated" where none is.
std::string licence_text(const OutcomeNotes& notes);

}  // namespace offload
