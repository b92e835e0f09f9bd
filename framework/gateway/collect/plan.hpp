// plan.toml of `offload-bench collect` with every default filled in: who answers, who judges, who chooses,
// and what it may cost.
#pragma once

#include <array>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "gateway/decision/config.hpp"

namespace offload {

// Who is asked. The association of texts and views is optional.
enum Role { kLocalRole, kCloudRole, kReferenceRole, kJudgeRole, kAssociationRole, kRoles };
inline constexpr std::array<const char*, kRoles> kRoleNames = {"local", "cloud", "reference", "judge",
                                                               "association"};

// Bytes of an answer as JSON per token that was asked for: a longer one is a failure, so that what an answer
// adds to later questions is bounded.
inline constexpr std::int64_t kAnswerBytesPerToken = 16;

struct CollectPlan {
  std::string file, name;
  std::filesystem::path dialogues, out;
  std::uint64_t seed = 0;
  int draws = 1;     // episodes per dialogue
  int parallel = 4;  // episodes at once
  double max_cost_usd = std::numeric_limits<double>::infinity();
  std::string system;   // what precedes every conversation; empty: nothing
  std::string judging;  // what the judge is told
  int judge_asks = 2;   // verdicts per turn, the order of the answers swapped from one to the next
  int judge_tries = 3;  // per verdict, until one can be read
  // The policy: probabilities of local, cloud from text, and cloud with views (which are drawn evenly), or a
  // row of a suite.
  std::array<double, 3> propensity = {.5, .25, .25};
  std::optional<ServeSettings> agent;
  std::array<std::optional<EndpointSettings>, kRoles> roles;

  const EndpointSettings& role(Role role) const { return *roles[role]; }
  // Of an answer as JSON, of the local or the cloud model or of the reference.
  std::size_t answer_bytes(Role role) const;
  // Of roles that are counted as free since they have no price, a line each.
  std::vector<std::string> unpriced_roles() const;
  // SHA-256 of all that decides what is asked and what it costs, rates, retries and max_cost_usd left out.
  std::string digest() const;
};

// Throws Error(config) "file:line: fact; fix", Error(io) where it cannot be read. Paths in it are relative to
// its folder.
CollectPlan read_collect_plan(const std::filesystem::path& file);

}  // namespace offload
