#include "host/campaign.hpp"

#include <poll.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <memory>
#include <set>

#include "core/error.hpp"
#include "host/child_process.hpp"

namespace offload {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kOutputKept = 4000;
constexpr int kPollMs = 100;

struct Running {
  Running(const std::filesystem::path& program, const CampaignTrial& campaign_trial)
      : trial(&campaign_trial),
        process(program, campaign_trial.job.arguments(), campaign_trial.job.status_descriptor, kOutputKept) {}

  double elapsed_s() const { return std::chrono::duration<double>(Clock::now() - start).count(); }

  const CampaignTrial* trial;
  ChildProcess process;
  Clock::time_point start = Clock::now();
  double done = 0;
  bool reported_done = false, over_wall_limit = false;
  std::string failure, limit;  // as the worker said
};

// Signal names are the same in every locale, unlike strsignal's descriptions.
std::string ended_by(int signal) {
  const char* name = sigabbrev_np(signal);
  return name == nullptr ? fmt::format("was ended by signal {}", signal)
                         : fmt::format("was ended by signal {} (SIG{})", signal, name);
}

std::string reason_of(const Running& running, const ProcessEnd& end) {
  if (running.over_wall_limit) return fmt::format("took longer than its {} s", running.trial->wall_limit_s);
  if (!running.failure.empty()) return running.failure;
  if (end.signal) return ended_by(*end.signal);
  if (end.exit_code && *end.exit_code == 0) return "ended with exit code 0 before the job was done";
  return fmt::format("ended with exit code {}", end.exit_code.value_or(-1));
}

class Campaign {
 public:
  Campaign(const std::filesystem::path& program, const std::vector<CampaignTrial>& trials, const Store& store,
           int jobs, CampaignObserver& observer, const SignalState& signals)
      : program_(program),
        trials_(trials),
        store_(store),
        jobs_(static_cast<std::size_t>(jobs)),
        observer_(observer),
        signals_(signals) {}

  CampaignOutcome run();

 private:
  void find_missing();
  void start_workers();
  void wait();
  void take_in(Running& running);
  bool settle(Running& running);
  void report_progress();

  const std::filesystem::path& program_;
  const std::vector<CampaignTrial>& trials_;
  const Store& store_;
  std::size_t jobs_;
  CampaignObserver& observer_;
  const SignalState& signals_;
  std::vector<const CampaignTrial*> missing_;
  std::size_t started_ = 0;
  std::vector<std::unique_ptr<Running>> running_;
  CampaignOutcome outcome_;
};

void Campaign::find_missing() {
  std::set<std::string> stored;
  const StoreContents contents = store_.read_all();
  for (const TrialResult& result : contents.trials) {
    if (result.status == TrialStatus::ok) stored.insert(result.key);
  }
  for (const ReferenceResult& result : contents.references) {
    if (result.status == TrialStatus::ok) stored.insert(result.key);
  }
  for (const CampaignTrial& trial : trials_) {
    if (stored.contains(trial.job.key)) {
      ++outcome_.kept;
    } else {
      missing_.push_back(&trial);
    }
  }
}

void Campaign::start_workers() {
  while (signals_.count == 0 && running_.size() < jobs_ && started_ < missing_.size()) {
    running_.push_back(std::make_unique<Running>(program_, *missing_[started_++]));
  }
}

void Campaign::wait() {
  std::vector<pollfd> waits;
  for (const auto& running : running_) {
    for (const int descriptor : {running->process.end_descriptor(), running->process.output_descriptor(),
                                 running->process.status_descriptor()}) {
      waits.push_back({descriptor, POLLIN, 0});
    }
  }
  poll(waits.data(), waits.size(), kPollMs);
}

void Campaign::take_in(Running& running) {
  running.process.read_output();
  for (const std::string& line : running.process.read_status()) {
    if (line == "d") running.reported_done = true;
    if (line.starts_with("p ")) std::from_chars(line.data() + 2, line.data() + line.size(), running.done);
    if (line.starts_with("f ")) {
      const auto space = line.find(' ', 2);
      running.limit = line.substr(2, space - 2) == "-" ? "" : line.substr(2, space - 2);
      running.failure = space == std::string::npos ? "failed" : printable(line.substr(space + 1), 2000);
    }
  }
  if (running.elapsed_s() > running.trial->wall_limit_s && !running.over_wall_limit) {
    running.over_wall_limit = true;
    running.process.kill();
  }
}

// Takes down how a worker ended; false while it runs.
bool Campaign::settle(Running& running) {
  const auto end = running.process.ended();
  if (!end) return false;
  take_in(running);
  if (end->exit_code == 0 && running.reported_done) {
    ++outcome_.finished;
    outcome_.references += running.trial->job.reference;
    return true;
  }
  // Killed because the user asked twice: the trial is not done, and not to blame.
  if (signals_.count > 1) return true;
  TrialResult failed = running.trial->identity;
  failed.status = TrialStatus::failed;
  failed.failure = {reason_of(running, *end), end->exit_code, end->signal,
                    running.over_wall_limit ? "wall" : running.limit, running.process.output()};
  failed.timing.wall_s = running.elapsed_s();
  if (running.trial->job.reference) {
    store_.write_reference(
        {failed.key, failed.split, failed.status, failed.failure, {}, {}, {}, {}, failed.timing.wall_s});
  } else {
    store_.write_trial(failed);
  }
  ++outcome_.failed;
  observer_.failed(failed);
  return true;
}

void Campaign::report_progress() {
  CampaignProgress progress{trials_.size(), outcome_.finished, outcome_.failed, outcome_.kept, {}};
  for (const auto& running : running_) {
    progress.running.push_back({running->trial->identity.row, running->trial->identity.split, running->done,
                                running->elapsed_s()});
  }
  observer_.progress(progress);
}

CampaignOutcome Campaign::run() {
  find_missing();
  start_workers();
  while (!running_.empty()) {
    report_progress();
    wait();
    for (const auto& running : running_) {
      if (signals_.count > 1) running->process.kill();
      take_in(*running);
    }
    std::erase_if(running_, [this](const auto& running) { return settle(*running); });
    start_workers();
  }
  report_progress();
  outcome_.signal = signals_.count > 0 ? signals_.last : 0;
  return outcome_;
}

}  // namespace

CampaignOutcome run_campaign(const std::filesystem::path& program, const std::vector<CampaignTrial>& trials,
                             const Store& store, int jobs, CampaignObserver& observer,
                             const SignalState& signals) {
  return Campaign(program, trials, store, jobs, observer, signals).run();
}

}  // namespace offload
