// Logs made of tables of known outcomes: of every query one arm's answer is kept, chosen by a policy whose
// propensities are written down. What may be believed of such logs can be checked against the table.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/environment/episode.hpp"

namespace offload {

// Long queries go to the best constant arm and short ones to the worst, but for `rest`, which the other arms
// share; each of them is taken with at least `least`, which comes first. 1: uniform.
struct LoggingPolicy {
  const char* name;
  const char* words;
  double rest, least;
};
inline constexpr LoggingPolicy kLoggingPolicies[] = {
    {"uniform", "every arm alike", 1, 1},
    {"skewed", "long queries to the best constant arm, short ones to the worst, every other arm with .05", 0,
     .05},
    {"nearly_deterministic",
     "long queries to the best constant arm, short ones to the worst, the others share .02", .02, 0}};
std::vector<std::string> logging_policies();
// One of them.
const LoggingPolicy& logging_policy(const std::string& name);

// A log of the whole table; the same for the same arguments. Throws Error(data) where an arm's answer is not
// known, where sessions are longer than a query, whose later answers no log tells, and where a policy that
// goes by length finds no texts.
OutcomeLog draw_log(const EpisodeTable& data, const LoggingPolicy& policy, std::uint64_t seed);

}  // namespace offload
