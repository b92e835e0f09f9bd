// Runs a plan's jobs in contained processes, several at once, with limits; finished ones are stored as they
// end and never run again, failed ones become rows with a reason.
#pragma once

#include <string>
#include <vector>

#include "campaign/plan.hpp"
#include "process/signal_state.hpp"
#include "results/store.hpp"
#include "results/trial_result.hpp"

namespace offload {

struct CampaignProgress {
  std::size_t total = 0, finished = 0, failed = 0, kept = 0;  // jobs; kept: done by an earlier run
  struct Running {
    std::string row, split;
    double done = 0, elapsed_s = 0;
  };
  std::vector<Running> running;
};

class CampaignObserver {
 public:
  virtual ~CampaignObserver() = default;
  // Called a few times a second and at every change.
  virtual void progress(const CampaignProgress& progress) = 0;
  virtual void failed(const TrialResult& result) = 0;
  // Once, after a first signal: what is waited for are the running ones.
  virtual void stopping(const CampaignProgress& progress) = 0;
};

struct JobCounts {
  std::size_t finished = 0, failed = 0, kept = 0;  // kept: done by an earlier run
};

struct CampaignOutcome {
  JobCounts trials, references;
  int signal = 0;  // that ended it early
};

// `jobs` as jobs_of numbers them.
CampaignOutcome run_campaign(const Plan& plan, std::vector<std::uint32_t> jobs, const Store& store,
                             int at_once, CampaignObserver& observer, const SignalState& signals);

}  // namespace offload
