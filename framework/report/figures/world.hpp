// A world with known outcomes in words: what a reader has to know of it before any figure.
#pragma once

#include <string>
#include <vector>

#include "report/figures/report.hpp"

namespace offload {

// [A] what actions are called: of a world its arms, of logged data "local", "cloud", "cloud+0+2"; "action 7"
// where the number of actions fits neither.
std::vector<std::string> action_names(const ReportPlan& plan);

// What cost counts: "USD", or "calls" of the arm that the suite names.
std::string cost_unit(const ReportPlan& plan);

// Whether anything was charged of latency (0) or cost (1): where nobody knows it, figures of 0 say nothing.
bool is_charged(const ReportPlan& plan, std::size_t amount);

// What is to be added to the rule of tier 1; empty for logged data.
std::string tier_rule(const ReportPlan& plan);

// Where the report says what its figures cannot tell.
const char* limits_statement(const ReportPlan& plan);

// A sentence each; empty for logged data.
std::vector<std::string> world_sentences(const ReportPlan& plan);

// What has to be said in the report's warnings.
std::vector<std::string> world_warnings(const ReportPlan& plan);

}  // namespace offload
