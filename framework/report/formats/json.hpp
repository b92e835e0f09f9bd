// The sections of report.json, in the order of the file.
#pragma once

#include "report/sections/json_values.hpp"

namespace offload {

Json suite_json(const Report& report);
Json rows_json(const Report& report);
std::string cells_text(const Report& report);
Json headline_json(const Report& report);
Json leaderboard_json(const Report& report);
Json references_json(const Report& report);
Json tests_json(const Report& report);
Json claim_json(const ClaimRule& rule, bool known_outcomes);
std::string evidence_text(const Report& report);

}  // namespace offload
