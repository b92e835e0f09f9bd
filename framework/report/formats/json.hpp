// The sections of report.json, in the order of the file.
#pragma once

#include "report/formats/formats.hpp"
#include "report/sections/json_values.hpp"

namespace offload {

Json suite_json(const Report& report);
Json rows_json(const Report& report);
void write_cells(const Report& report, const TextSink& sink);
Json headline_json(const Report& report);
Json leaderboard_json(const Report& report);
Json references_json(const Report& report);
Json tests_json(const Report& report);
// Of which folders the report is; empty for one.
Json joined_json(const Report& report);
Json claim_json(const ClaimRule& rule, bool known_outcomes);
void write_evidence(const Report& report, const TextSink& sink);

}  // namespace offload
