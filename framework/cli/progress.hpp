// Shows a campaign's progress: one line that is redrawn on a terminal; elsewhere a plain line per tenth of
// the jobs, so that a log of any campaign has at most ten.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "campaign/campaign.hpp"

namespace offload::cli {

class ProgressLine final : public CampaignObserver {
 public:
  // Standard error is used, so that standard output holds results alone.
  ProgressLine();
  ~ProgressLine() override;  // clears the line
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void progress(const CampaignProgress& progress) override;
  void failed(const TrialResult& result) override;
  void stopping(const CampaignProgress& progress) override;

 private:
  void clear();
  void draw(const CampaignProgress& progress);
  void log(const CampaignProgress& progress);

  bool terminal_;
  bool drawn_ = false;
  std::size_t tenths_ = 0;  // that were logged
  std::chrono::steady_clock::time_point start_, last_;
};

// After a first signal: what is waited for.
void tell_stopping(const std::vector<std::string>& jobs);

}  // namespace offload::cli
