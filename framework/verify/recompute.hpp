// What one job of verification computes again, in a process of its own: the replay of some trials of a split,
// second runs, or the exact policies. A job reads what it compares with; the command holds none of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "campaign/plan.hpp"
#include "core/error.hpp"
#include "files/json_difference.hpp"
#include "results/sealed_result.hpp"
#include "results/store.hpp"

namespace offload {

inline constexpr std::size_t kDisagreementsMost = 1000;  // per job, per split, and of the plan

// All outlive the call.
struct StoredResults {
  const std::filesystem::path& folder;
  const Plan& plan;          // made again
  const bool& same_version;  // whether this version wrote them
  std::int64_t memory_mb;    // of every job; 0: as the suite has it
};

struct Findings {
  std::size_t rerun = 0, episodes = 0;
  std::vector<Disagreement> wrong;
  std::vector<std::string> failures;  // what could not be computed again, and why
  // Trials, by row, of which something stays believed, and why.
  std::vector<std::pair<std::size_t, std::string>> believed;
};
std::string to_json(const Findings& findings);
Findings findings_from_json(const std::string& text);

// Finished trials of one split, by key: all that follows from their decisions and from the plan.
Findings replay_trials(const StoredResults& results, std::size_t split, std::span<const std::string> keys);

// The exact policies of a split; also where the folder says that they failed.
Findings recompute_reference(const StoredResults& results, std::size_t split, const std::string& key);

inline constexpr double kOtherMachine = 1e-9;  // relative tolerance where another instruction set was used
extern const char* const kLastDigits;          // why what agrees to this alone stays believed

// Relative, of results that this plugin has a part in: 0 where its bits are portable or the instruction set
// is this machine's.
double tolerance_of(const PluginFile& plugin);

// Megabytes that a job may take: a row's second run as its first; without a row, as the exact policies.
std::int64_t memory_limit_mb(const StoredResults& results, std::optional<std::size_t> row = std::nullopt);
extern const char* const kMemoryFix;

template <typename Result>
std::string name_of(const std::string& key) {
  return std::string(kind_of<Result>().folder) + "/" + key + ".json";
}

// As it is in the folder now; it must be what it was when the jobs were made. Throws Error(data).
template <typename Result>
Result read_stored(const StoredResults& results, const std::string& split, const std::string& key) {
  auto stored = read_sealed<Result>(file_of<Result>(results.folder, key), name_of<Result>(key));
  if (stored.split != split) {
    fail(ErrorKind::data, "{}: was replaced while it was verified; verify again", name_of<Result>(key));
  }
  return stored;
}

// Appends where the file says more than `stored`, or in other words.
template <typename Result>
void check_text(const StoredResults& results, const Result& stored, std::vector<Disagreement>& wrong) {
  if (!results.same_version || is_as_written(file_of<Result>(results.folder, stored.key), stored)) return;
  wrong.push_back({name_of<Result>(stored.key), "", "other text", "the same figures and no other fields"});
}

// Appends where the two differ by more than `allowed`; true where nothing but digits below that does.
template <typename Result>
bool add_differences(const Result& stored, const Result& recomputed, double allowed,
                     std::vector<Disagreement>& wrong);
extern template bool add_differences(const TrialResult&, const TrialResult&, double,
                                     std::vector<Disagreement>&);
extern template bool add_differences(const ReferenceResult&, const ReferenceResult&, double,
                                     std::vector<Disagreement>&);

}  // namespace offload
