// A table of known outcomes made ready for the study, and logs of it in which one arm per query is left.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/environment/episode.hpp"
#include "core/routing/logged.hpp"
#include "ridge.hpp"

namespace offload::simulated_log {

// Queries are the table's turns of which every arm is known.
struct World {
  std::string name;
  std::size_t arms = 0, tasks = 0;
  std::vector<double> quality;        // [queries][arms]
  std::vector<std::uint8_t> task;     // [queries]
  std::vector<std::uint32_t> group;   // [queries] prompts that must not be split
  std::vector<Features> text, both;   // [queries] words; words and task
  std::vector<std::uint8_t> is_long;  // [queries] the text is longer than the median's

  std::size_t queries() const { return task.size(); }
  double outcome(std::size_t query, std::size_t arm) const { return quality[query * arms + arm]; }
};
// Throws Error(data) for data without known outcomes or without texts.
World make_world(const std::string& name, const EpisodeTable& data);

// How a log came about: long queries go to the best constant arm and short ones to the worst, but for `rest`,
// which the other arms share; each of them is taken with at least `least`, which comes first. 1 / arms:
// uniform.
struct LoggingPolicy {
  const char* name;
  double rest, least;
};
inline constexpr LoggingPolicy kLoggingPolicies[] = {
    {"uniform", 1, 1}, {"skewed, least .05", 0, .05}, {"nearly deterministic", .02, 0}};

struct Log {
  std::vector<std::uint32_t> train, test;  // queries, halves by prompt group
  std::vector<LoggedTurn> of_query;        // [queries] what was logged of each
};
Log draw_log(const World& world, const LoggingPolicy& policy, std::uint64_t seed);

}  // namespace offload::simulated_log
