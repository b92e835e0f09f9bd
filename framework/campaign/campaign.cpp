#include "campaign/campaign.hpp"

#include <malloc.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <memory>
#include <unordered_set>

#include "campaign/worker.hpp"
#include "core/error.hpp"
#include "process/contained_process.hpp"
#include "process/memory_limit.hpp"

namespace offload {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kOutputKept = 4000;
constexpr int kPollMs = 100;

constexpr std::size_t kLongestMessage = 1 << 14;

struct Running {
  Running(const Plan& plan, const PlannedJob& planned, const Store& store)
      : job(planned),
        limits(limits_of(plan, planned)),
        process([&](int messages) { return run_worker(plan, job, store, messages); }, kOutputKept) {}

  double elapsed_s() const { return std::chrono::duration<double>(Clock::now() - start).count(); }

  PlannedJob job;
  JobLimits limits;
  ContainedProcess process;
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
  if (!running.failure.empty()) return running.failure;
  if (running.over_wall_limit) {
    return fmt::format("took longer than its {} s: {}", running.limits.wall_s,
                       wall_fix(running.job.reference));
  }
  if (end.signal)
    return ended_by(*end.signal) +
           memory_hint(end, running.limits.memory_mb, memory_fix(running.job.reference));
  if (end.exit_code && *end.exit_code == 0) return "ended with exit code 0 before the job was done";
  return fmt::format("ended with exit code {}", end.exit_code.value_or(-1));
}

// What names a job where it fails.
TrialResult identity_of(const Plan& plan, const PlannedJob& job) {
  TrialResult identity;
  const Split& split = plan.experiment.splits[job.split];
  identity.key = job.key.hex();
  identity.split = split.name;
  identity.row = "exact policies";
  if (job.reference) return identity;
  const PlannedPlugin& agent = plan.agents[job.row];
  identity.row = plan.experiment.suite.rows[job.row].name;
  identity.plugin = agent.info.id;
  identity.plugin_version = agent.info.version;
  identity.plugin_sha256 = agent.file.sha256;
  identity.parameters = agent.parameters;
  identity.seed = split.seed;
  return identity;
}

class Campaign {
 public:
  Campaign(const Plan& plan, std::vector<std::uint32_t> jobs, const Store& store, int at_once,
           CampaignObserver& observer, const SignalState& signals)
      : plan_(plan),
        jobs_(std::move(jobs)),
        total_(jobs_.size()),
        store_(store),
        at_once_(static_cast<std::size_t>(at_once)),
        observer_(observer),
        signals_(signals) {}

  CampaignOutcome run();

 private:
  JobCounts& counts(const PlannedJob& job) { return job.reference ? outcome_.references : outcome_.trials; }
  void leave_out_finished();
  void start_jobs();
  void tell_if_stopping();
  void wait();
  void take_in(Running& running);
  bool settle(Running& running);
  CampaignProgress progress() const;

  const Plan& plan_;
  std::vector<std::uint32_t> jobs_;  // that are to run
  std::size_t total_;
  const Store& store_;
  std::size_t at_once_;
  CampaignObserver& observer_;
  const SignalState& signals_;
  std::size_t started_ = 0;
  bool told_ = false;
  std::vector<std::unique_ptr<Running>> running_;
  CampaignOutcome outcome_;
};

void Campaign::leave_out_finished() {
  std::erase_if(jobs_, [this](std::uint32_t number) {
    const PlannedJob job = job_of(plan_, number);
    const bool finished = store_.has_finished(job.key.hex(), job.reference);
    counts(job).kept += finished;
    return finished;
  });
}

void Campaign::start_jobs() {
  while (signals_.count == 0 && running_.size() < at_once_ && started_ < jobs_.size()) {
    running_.push_back(std::make_unique<Running>(plan_, job_of(plan_, jobs_[started_++]), store_));
  }
}

void Campaign::wait() {
  std::vector<pollfd> waits;
  for (const auto& running : running_) running->process.add_to(waits);
  poll(waits.data(), waits.size(), kPollMs);
}

void take_message(Running& running, const std::string& line) {
  if (line == "d") running.reported_done = true;
  if (line.starts_with("p ")) std::from_chars(line.data() + 2, line.data() + line.size(), running.done);
  if (!line.starts_with("f ")) return;
  const auto space = line.find(' ', 2);
  running.limit = line.substr(2, space - 2) == "-" ? "" : line.substr(2, space - 2);
  running.failure = space == std::string::npos ? "failed" : printable(line.substr(space + 1), 2000);
}

void Campaign::take_in(Running& running) {
  running.process.read();
  std::string& messages = running.process.messages();
  std::size_t begin = 0;
  for (auto end = messages.find('\n'); end != std::string::npos; end = messages.find('\n', begin)) {
    take_message(running, messages.substr(begin, end - begin));
    begin = end + 1;
  }
  messages.erase(0, begin);
  // A plugin that found the pipe and fills it must not fill the command's memory.
  if (messages.size() > kLongestMessage) messages.clear();
  if (running.elapsed_s() > running.limits.wall_s && !running.over_wall_limit) {
    running.over_wall_limit = true;
    running.process.kill();
  }
}

// Takes down how a worker ended; false while it runs.
bool Campaign::settle(Running& running) {
  const auto end = running.process.ended();
  if (!end) return false;
  take_in(running);
  // A plugin that closes every descriptor, or a kill at the last moment, leaves a result without a word of
  // it.
  const bool told = end->exit_code == 0 && running.reported_done;
  if (told || store_.has_finished(running.job.key.hex(), running.job.reference)) {
    ++counts(running.job).finished;
    return true;
  }
  // Killed because the user asked twice: the trial is not done, and not to blame.
  if (signals_.count > 1) return true;
  TrialResult failed = identity_of(plan_, running.job);
  failed.status = TrialStatus::failed;
  failed.failure = {reason_of(running, *end), end->exit_code, end->signal,
                    running.failure.empty() && running.over_wall_limit ? "wall" : running.limit,
                    running.process.output()};
  failed.timing.wall_s = running.elapsed_s();
  if (running.job.reference) {
    store_.write_reference(
        {failed.key, failed.split, failed.status, failed.failure, {}, {}, {}, {}, failed.timing.wall_s});
  } else {
    store_.write_trial(failed);
  }
  ++counts(running.job).failed;
  observer_.failed(failed);
  return true;
}

CampaignProgress Campaign::progress() const {
  const JobCounts &trials = outcome_.trials, &references = outcome_.references;
  CampaignProgress progress{total_,
                            trials.finished + references.finished,
                            trials.failed + references.failed,
                            trials.kept + references.kept,
                            {}};
  for (const auto& running : running_) {
    const PlannedJob& job = running->job;
    progress.running.push_back({job.reference ? "exact policies" : plan_.experiment.suite.rows[job.row].name,
                                plan_.experiment.splits[job.split].name, running->done,
                                running->elapsed_s()});
  }
  return progress;
}

void Campaign::tell_if_stopping() {
  if (signals_.count == 0 || told_) return;
  told_ = true;
  observer_.stopping(progress());
}

CampaignOutcome Campaign::run() {
  leave_out_finished();
  // Every job copies this process's page tables: give back what planning has freed.
  malloc_trim(0);
  start_jobs();
  while (!running_.empty()) {
    observer_.progress(progress());
    wait();
    tell_if_stopping();
    for (const auto& running : running_) {
      if (signals_.count > 1) running->process.kill();
      take_in(*running);
    }
    std::erase_if(running_, [this](const auto& running) { return settle(*running); });
    start_jobs();
  }
  observer_.progress(progress());
  store_.clean();  // after jobs that were ended while they wrote
  outcome_.signal = signals_.count > 0 ? signals_.last : 0;
  return outcome_;
}

}  // namespace

CampaignOutcome run_campaign(const Plan& plan, std::vector<std::uint32_t> jobs, const Store& store,
                             int at_once, CampaignObserver& observer, const SignalState& signals) {
  return Campaign(plan, std::move(jobs), store, at_once, observer, signals).run();
}

}  // namespace offload
