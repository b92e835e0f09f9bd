// Synthetic data sets whose truth is known: "synthetic:N", calibrated by datasets/synthetic.toml on the
// public M4A1 file, and "scenario:M,C,T:N", the reference's scaling scenarios with M views, C tasks and T
// turns (dataset_statistics.md). Episode i depends on the settings, the seed and i, never on N.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/environment/action_space.hpp"
#include "core/environment/episode.hpp"
#include "core/outcomes/synthetic_truth.hpp"
#include "data/dataset.hpp"

namespace offload {

inline constexpr std::uint64_t kSyntheticEpisodesMax = 1000000;

// What datasets/synthetic.toml says. C tasks, M views, K = M + 2 action kinds.
struct SyntheticSettings {
  int modalities = 0;
  std::vector<std::string> tasks;
  std::vector<double> lengths, length_weights;                        // turns, and how often
  std::vector<double> first_task_weights;                             // [C]
  std::vector<std::vector<double>> transitions;                       // [C][C] weights of the next task
  std::vector<std::vector<double>> association_mean, association_sd;  // [C][M]
  double association_lowest = 0, association_highest = 1;
  std::vector<double> kind_weights;                   // [K]
  std::vector<std::vector<double>> base;              // [C][K] expected score without history
  double cloud_bonus = 0, local_bonus = 0;            // per different image sent earlier, relative
  std::vector<double> zero_probability, gamma_shape;  // [K]
  std::vector<double> latency_mean_s, latency_sd_s, cost_mean_usd, cost_sd_usd;  // [K]
  std::string question, answer, refusal;
  std::string text;  // the TOML itself: the identity of the settings

  SyntheticTruth truth(const RefusalRule& rule = {}) const;
};

// `name` is the place in messages. Throws Error(config) with line, fact and fix.
SyntheticSettings parse_synthetic_settings(std::string_view text, const std::string& name);
SyntheticSettings read_synthetic_settings(const std::filesystem::path& file);
// Those built into the program.
const SyntheticSettings& embedded_synthetic_settings();

// The truth of "synthetic:N" and "scenario:M,C,T:N" as a refusal rule scores their answers: an answer that it
// hits scores 0, and one that it lets through what was drawn. The settings' table is the default rule's.
SyntheticTruth synthetic_truth(const RefusalRule& refusal = {});
ScenarioTruth scenario_truth(const RefusalRule& refusal = {});

struct SyntheticTurn {
  int task = 0;
  int action = 0;
  bool refused = false;  // the answer is a refusal: scores 0 under the default rule
  double raw_score = 0, latency_s = 0, cost_usd = 0;
};

struct SyntheticEpisode {
  std::vector<SyntheticTurn> turns;
  std::vector<double> association;  // [turns][modalities]
};

class SyntheticGenerator {
 public:
  virtual ~SyntheticGenerator() = default;
  // Replaces what `episode` held. May be called from several threads.
  virtual void draw(std::uint64_t index, SyntheticEpisode& episode) const = 0;

  int modalities() const { return actions_.modalities(); }
  const std::vector<std::string>& tasks() const { return tasks_; }
  const std::string& question() const { return question_; }
  const std::string& answer(bool refused) const { return refused ? refusal_ : answer_; }
  // Says everything that the episodes depend on.
  const std::string& identity() const { return identity_; }

 protected:
  explicit SyntheticGenerator(int modalities) : actions_(modalities) {}

  ActionSpace actions_;
  std::vector<std::string> tasks_;
  std::string question_, answer_, refusal_, identity_;
};

std::unique_ptr<SyntheticGenerator> make_synthetic(const SyntheticSettings& settings, std::uint64_t seed);
std::unique_ptr<SyntheticGenerator> make_scenario(int modalities, int tasks, int turns, std::uint64_t seed);

// "synthetic:N" or "scenario:M,C,T:N", taken apart.
struct SyntheticSource {
  std::unique_ptr<SyntheticGenerator> generator;
  std::uint64_t episodes = 0;
  // The hash of all that the data depend on.
  std::string sha256() const;
};
// Nothing when `source` names a file. Throws Error(config) for numbers that are missing or out of range.
std::optional<SyntheticSource> parse_synthetic_source(const std::string& source, std::uint64_t seed);

EpisodeTable generate(const SyntheticSource& from, const RefusalRule& refusal, const std::string& source);
// The same as a file of the data sets' schema, streaming; it appears whole or not at all. Reading it back
// gives the same values; tasks that no turn has are not in a file.
void write_synthetic_json(const SyntheticSource& from, const std::filesystem::path& file);

}  // namespace offload
