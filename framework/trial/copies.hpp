// Fresh copies of the trained agent: every pass is decided by one that no other pass has touched, so that
// what an agent remembers of test episodes in the memory of its process is gone with the pass. A copy is a
// fork of the process as training left it; where that process has more than one thread, a clean process that
// loads the agent's checkpoint, if it then decides as the agent does. Fork goes first: it hides as much,
// trusts in no checkpoint, and costs a thousandth of a second.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "process/copies/channels.hpp"
#include "process/copies/copy.hpp"
#include "process/copies/nameless_memory.hpp"
#include "results/trial_result.hpp"
#include "suite/suite.hpp"
#include "trial/passes.hpp"
#include "trial/trial.hpp"

namespace offload {

// What the agent decides in drawn episodes that are none of the data set's, as a hash.
std::string proof_of(AnyAgent& agent, const offload_environment& environment);

// To be made before the agent is loaded. The arguments outlive the object.
class Copies {
 public:
  Copies(Passes& passes, const RowSettings& row, const std::filesystem::path& library,
         const offload_environment& environment, HostWorld world, TrialCopies copies);

  // By a copy, or, where none can be had, by the agent itself. Throws what the pass throws; where the copy
  // crashes or exits, this process ends likewise.
  PassAnswer run(const Pass& pass, AnyAgent& agent);
  // The weakest that had to do so far.
  EvaluationCopies kind() const { return kind_; }
  // After the last pass: what copies took counts from now on as taken by children of this process.
  void end() {
    if (spare_) spare_->end();
  }

 private:
  std::string answer_checkpoint(std::string_view request) const;
  std::optional<PassAnswer> by_checkpoint(const Pass& pass, AnyAgent& agent);
  int first_slot(const AnyAgent& agent) const;

  Passes& passes_;
  const RowSettings& row_;
  const std::filesystem::path& library_;
  const offload_environment& environment_;
  HostWorld world_;
  EvaluationCopies kind_ = EvaluationCopies::fork;
  std::optional<SpareProcess> spare_;  // none where nothing but forks can be had
  NamelessMemory before_;              // of the host
  std::optional<std::set<std::string>> channels_before_;
};

}  // namespace offload
