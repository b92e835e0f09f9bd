// A journal looked at afterwards: whether every decision in it follows from what the agent saw, and what the
// response models make of what was done.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "gateway/decision/policy.hpp"
#include "gateway/session/journal.hpp"
#include "gateway/session/session.hpp"

namespace offload {

struct JournalReview {
  JournalEnd end;
  std::size_t sessions = 0, turns = 0, asked = 0;  // asked: decisions that the agent was asked for again
  std::vector<std::string> wrong;                  // place and fact; the first hundred
  std::size_t wrong_count = 0;
  std::vector<std::string> untrained;  // in words, those of serve.toml that learn and have learned nothing
  // What had to be believed, in words: that nothing was cut off at the end, how long things took.
  std::vector<std::string> believed;
};

// Asks the agent again, in a process of its own, about every turn that it was asked about, in its session's
// order; `policies` are those of serve.toml, and decisions of agents that a reload replaced and that are none
// of them are believed. `head`, unless empty, is what the gateway showed as the journal's. Throws Error: data
// for a journal that cannot be read as one, which names the line where its chain breaks; else what making the
// agent throws.
JournalReview review_journal(const std::filesystem::path& file, const ServeSettings& settings,
                             const ServedPolicies& policies, const std::optional<ChainHead>& head);

// Sessions as episodes, scored: what the benchmark's response models expect of these actions.
struct LiveScore {
  std::string lens, model;
  double quality = 0;  // mean over sessions of the mean per turn
};
struct LiveRow {
  std::size_t sessions = 0, turns = 0;
  std::vector<LiveScore> scores;
  double latency_s = 0, cost_usd = 0;                  // mean per session, as booked
  double profile_latency_s = 0, profile_cost_usd = 0;  // as the profile has them for the same actions
  double cloud_share = 0;                              // of turns
  double violation_rate = 0;                           // sessions that exceeded a limit
  std::size_t estimated = 0, failed = 0;               // turns without usage; without a whole answer
};

// By the suite's lenses and models, fitted on its first split. Sessions without a settled turn do not count.
// Throws as review_journal.
LiveRow score_journal(const std::filesystem::path& file, const ServedPolicy& policy);

}  // namespace offload
