// Worlds whose outcomes are known: of every query what every arm answered, took and cost. Routing data are of
// this kind (datasets/README.md); where only one logged action per turn is known there is no such table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace offload {

inline constexpr std::size_t kMostArms = 64;
// In place of an amount or a number of tokens that the source does not tell.
inline constexpr std::int64_t kUnknownAmount = -1;

enum class Placement : std::uint8_t { unstated, device, cloud };

// Of a dated price list, exact: pico-USD per token is micro-USD per million tokens.
struct TokenPrice {
  std::int64_t input_pusd, output_pusd;  // of one token
};

// An action by name: who answers.
struct Arm {
  std::string name;
  std::string provider;  // empty: not stated
  Placement placement = Placement::unstated;
  std::optional<TokenPrice> price = {};
  std::uint32_t views = 0;  // bit m: view m goes along
};

// Where a table comes from and what its figures mean; every report shows it.
struct OutcomeNotes {
  enum class Latency : std::uint8_t { absent, measured, modelled };
  std::string source, commit, licence;       // licence empty: "licence not stated"
  std::string source_sha256;                 // of the files it was made of; empty: not stated
  double quality_low = 0, quality_high = 1;  // the declared scale
  int draws_per_cell = 1;                    // answers that a cell's quality is the mean of; 0: not stated
  std::string price_table_sha256;
  std::string price_date;  // YYYY-MM-DD; empty: no price table
  Latency latency = Latency::absent;
  // A session's later turns were answered after the same arm's earlier ones: only policies that stay with the
  // first choice are scored exactly, and the environment allows no other.
  bool same_arm_path = false;
  // What was decided at import and is no fact of the source ("sessions of 4, seed 0"), a sentence each.
  std::vector<std::string> inventions = {};
};

// Of a table, the one answer per turn that a log kept, and how likely the policy that logged was to take it.
struct OutcomeLog {
  std::vector<std::uint8_t> arm;   // [turns]
  std::vector<double> propensity;  // [turns] > 0
};

// Cells lie turn by turn: cell(turn, arm) = turn * arms + arm. Turns are those of the EpisodeTable it belongs
// to. Amounts are integers as Amounts are (nanoseconds, pico-USD).
struct OutcomeTable {
  std::vector<Arm> arms;
  std::vector<std::uint64_t> known;         // [turns] bit a: arm a's outcome is known
  std::vector<std::uint64_t> failed;        // [turns] bit a: a known call that failed; empty: none did
  std::vector<double> quality;              // [turns][arms]; 0 where unknown
  std::vector<std::int64_t> latency_ns;     // [turns][arms], kUnknownAmount; empty: the source has none
  std::vector<std::int64_t> cost_pusd;      // likewise
  std::vector<std::int64_t> input_tokens;   // likewise
  std::vector<std::int64_t> output_tokens;  // likewise
  std::vector<std::uint32_t> prompt_group;  // [turns] queries that must not be split between train and test
  std::vector<std::uint8_t> part;           // [turns] 0 unstated, 1 train, 2 test; empty: no stated split
  std::vector<std::string> feature_names;
  std::vector<float> features;            // [turns][feature_names]
  std::vector<std::string> query_names;   // [turns] the source's own names; empty: none
  std::vector<std::uint64_t> text_begin;  // [turns + 1] into text; empty: the source has none
  std::string text;
  OutcomeNotes notes;

  std::size_t turns() const { return known.size(); }
  std::size_t cell(std::size_t turn, std::size_t arm) const { return turn * arms.size() + arm; }
  bool is_known(std::size_t turn, std::size_t arm) const { return (known[turn] >> arm & 1U) != 0; }
  bool has_failed(std::size_t turn, std::size_t arm) const {
    return !failed.empty() && (failed[turn] >> arm & 1U) != 0;
  }
};

}  // namespace offload
