// Replays given action sequences in the environment and, where the file says what the reference returned,
// compares turn by turn. The file's schema is that of the shared golden files; see benchmarks/README.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/simulation/rollout.hpp"
#include "core/simulation/scenario.hpp"
#include "files/parameter.hpp"

namespace offload {

// What the reference returned for one turn; absent values are not compared.
struct ReferenceTurn {
  std::vector<double> observation;  // the frames; empty when not given
  // By the keys of the file: "score_tie_mean", "association_raw", ...
  std::map<std::string, double> value;
};

struct ReplayEpisode {
  std::int64_t episode_id = 0;
  std::vector<std::uint16_t> actions;
  std::vector<ReferenceTurn> reference;  // one per action, or empty
};

// One training step from a logged state.
struct ReplayTrainingStep {
  std::int64_t episode_id = 0;
  int turn = 0;
  std::uint16_t action = 0;
  ReferenceTurn reference;
};

struct ReplayFile {
  std::string name;     // as the user gave it
  std::string dataset;  // file name it says it belongs to, or empty
  ScenarioSettings scenario;
  Parameters weights;  // of the reward tmo-weighted
  Amounts limit = {kUnlimited, kUnlimited};
  bool budgeted = false;
  std::vector<std::int64_t> train_ids, test_ids;
  std::vector<ReplayEpisode> evaluation;
  std::vector<ReplayTrainingStep> training;
};

// Throws Error(data) "file: /place: fact", Error(io).
ReplayFile read_replay(const std::filesystem::path& file);

struct ReplayStep {
  std::int64_t episode_id = 0;
  int turn = 0;
  TurnOutcome outcome;
};

struct ReplayComparison {
  std::int64_t steps = 0;                 // that had reference values
  std::map<std::string, double> largest;  // difference, by what was compared
  std::vector<std::string> mismatches;    // the first ones, in words
  std::int64_t mismatched = 0;
};

struct ReplayResult {
  std::vector<ReplayStep> evaluation, training;
  ReplayComparison comparison;
};

struct ReplaySettings {
  std::string compat = "none", model = "knn", lens = "simulator";
};

// Runs the reward plugin; call it in a child process. Where outcomes are known, model and lens of the
// settings do not count. Throws Error(data) where the file does not fit the data set.
ReplayResult replay(const ReplayFile& file, EpisodeTable data, const ReplaySettings& settings,
                    const std::filesystem::path& reward_library);

// {"steps": [...], "training": [...], "comparison": {...}}.
std::string to_json(const ReplayFile& file, const ReplayResult& result);

}  // namespace offload
