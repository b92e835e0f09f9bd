// A results folder: suite.json (a ReportPlan), one file per trial under trials/ and one per split under
// references/. Every file appears whole or not at all, and a result's file carries the SHA-256 of its own
// payload, so that what was cut off or changed is recognised, named and left out of every figure. Merging two
// folders is copying.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/plan/report_plan.hpp"
#include "results/reference_result.hpp"
#include "results/trial_result.hpp"

namespace offload {

// A file that is not counted, and why.
struct LeftOut {
  std::string file, reason;
  bool of_another_plan = false;  // of the suite as it was before: it counts again when the suite does

  bool operator==(const LeftOut&) const = default;
};

struct StoreContents {
  std::vector<TrialResult> trials;          // in the order of their keys
  std::vector<ReferenceResult> references;  // likewise
  std::vector<LeftOut> left_out;            // in the order of their names
};

class Store {
 public:
  // Touches nothing; writing makes what is missing of the folder.
  explicit Store(std::filesystem::path folder);

  const std::filesystem::path& folder() const { return folder_; }

  // suite.json, part by part. Throws Error(io).
  void write_plan(const ReportPlan& plan) const;
  // Empty when the folder has none. Throws Error(io) when it cannot be read, Error(data) for what is no plan.
  std::optional<ReportPlan> read_plan() const;

  // False, and nothing changed, for a failed result where a finished one of the same key is stored. Throws
  // Error(io), and Error(data) for a key that is no plain file name.
  bool write_trial(const TrialResult& result) const;
  bool write_reference(const ReferenceResult& result) const;
  // Keeps a trial's checkpoint (checkpoint.hpp) as checkpoints/KEY.ckpt. Throws as write_trial.
  void write_checkpoint(const std::string& key, std::string_view bytes) const;
  // Empty when there is none or it is not valid.
  std::optional<TrialResult> read_trial(const std::string& key) const;
  // Whether a valid result of the key says that its job finished.
  bool has_finished(const std::string& key, bool reference) const;
  // Everything valid, and the rest by name. Never throws for what a file holds.
  StoreContents read_all() const;
  // Removes temporary files that nobody writes any more.
  void clean() const;

 private:
  std::filesystem::path folder_;
};

// Held by a command that writes to a folder. Throws Error(io), naming the process, when another one holds it.
// The lock goes with the process, however it ends.
class StoreLock {
 public:
  explicit StoreLock(const std::filesystem::path& folder);
  ~StoreLock();
  StoreLock(const StoreLock&) = delete;
  StoreLock& operator=(const StoreLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace offload
