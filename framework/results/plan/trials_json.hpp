// The trials of a plan as suite.json has them, one by one in both directions.
#pragma once

#include <string>
#include <vector>

#include "files/plain_file.hpp"
#include "results/plan/listed_json.hpp"
#include "results/plan/planned_trials.hpp"

namespace offload {

inline constexpr const char* kTrialsMember = "trials";

// The list of `document`, which was opened on it. Throws Error(data) with the place for what is no trial, for
// one of another row or split than these, and where a key, or a row and split, comes twice.
PlannedTrials read_trials(const ListedJson& document, const std::string& file,
                          const std::vector<std::string>& rows, const std::vector<std::string>& splits);

// An object of a level in a list, as nlohmann's dump with an indentation of one writes it.
nlohmann::json trial_json(const PlannedTrial& trial);
// The whole list, likewise; of the level of a member of the document.
void write_trials(const PlannedTrials& trials, const PartSink& sink);

}  // namespace offload
