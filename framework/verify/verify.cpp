#include "verify/verify.hpp"

#include <malloc.h>

#include <algorithm>

#include "core/error.hpp"
#include "verify/plan_again.hpp"
#include "verify/recompute.hpp"
#include "verify/stored_index.hpp"
#include "verify/verify_pool.hpp"

namespace offload {
namespace {

constexpr double kJobLimit_s = 24 * 3600;  // exact policies and training can be long
constexpr std::size_t kFindingsMax = std::size_t{1} << 28;
// Enough to share what fitting a split's models costs, few enough to hold.
constexpr std::size_t kReplaysAtOnce = 64, kRerunsAtOnce = 8;

// One job's part of what is to be verified: of the index' lists, `count` entries from `first` on.
struct Part {
  enum class Kind { reference, report, replay, rerun } kind;
  std::size_t split = 0, first = 0, count = 0;
};

class Verifier {
 public:
  Verifier(const std::filesystem::path& folder, const VerifySettings& settings, const PluginSearch& search,
           const VerifyReport& report)
      : folder_(std::filesystem::absolute(folder)), settings_(settings), search_(search), report_(report) {}

  Verification run(VerifyObserver& observer);

 private:
  void read();
  void make_parts();
  void divide(Part::Kind kind, const auto& entries, std::size_t at_once);
  VerifyJob job_of(const Part& part) const;
  Findings compute(const Part& part) const;
  double tolerance_in(std::size_t split) const;
  void not_done(const Part& part, const VerifyAnswer& answer);
  void take(const std::vector<VerifyAnswer>& answers);
  void note();

  std::filesystem::path folder_;
  const VerifySettings& settings_;
  const PluginSearch& search_;
  const VerifyReport& report_;
  Plan plan_;
  StoredResults results_{folder_, plan_, search_, settings_.memory_mb};
  StoredIndex index_;
  std::vector<StoredTrial> replays_, reruns_;
  std::vector<StoredReference> references_;
  std::vector<Part> parts_;  // the longest first, so that no core waits for a last one
  Verification result_;
};

Verification Verifier::run(VerifyObserver& observer) {
  read();
  make_parts();
  malloc_trim(0);  // every job copies this process's page tables
  take(run_jobs(
      parts_.size(), [this](std::size_t i) { return job_of(parts_[i]); }, settings_.jobs, observer));
  note();
  return std::move(result_);
}

void Verifier::read() {
  PlanAgain again = make_plan_again(folder_, settings_.dataset, search_);
  index_ = read_index(folder_, again.plan);
  check_plan(
      again,
      std::ranges::any_of(index_.trials,
                          [](const StoredTrial& trial) { return trial.finished && trial.same_machine; }),
      result_);
  for (const LeftOut& out : index_.left_out) {
    result_.wrong.push_back({out.file, "", out.reason, "a result that can be counted"});
  }
  plan_ = std::move(again.plan);
  plan_.stored = {};
  plan_.trials = {};
}

void Verifier::divide(Part::Kind kind, const auto& entries, std::size_t at_once) {
  for (std::size_t first = 0, end = 0; first < entries.size(); first = end) {
    while (end < entries.size() && end - first < at_once && entries[end].split == entries[first].split) ++end;
    parts_.push_back({kind, entries[first].split, first, end - first});
  }
}

void Verifier::make_parts() {
  const std::size_t splits = plan_.experiment.splits.size(), rows = plan_.agents.size();
  for (const StoredTrial& trial : index_.trials) {
    if (!trial.finished || trial.split == splits) continue;
    replays_.push_back(trial);
    if (trial.row < rows && (settings_.train || !plan_.agents[trial.row].learns)) reruns_.push_back(trial);
  }
  for (const StoredReference& reference : index_.references) {
    if (reference.finished && reference.split < splits) references_.push_back(reference);
  }
  divide(Part::Kind::reference, references_, 1);
  if (report_) parts_.push_back({Part::Kind::report});
  divide(Part::Kind::replay, replays_, kReplaysAtOnce);
  divide(Part::Kind::rerun, reruns_, settings_.train ? 1 : kRerunsAtOnce);
}

// Of the first trial of the split: the exact policies do not say where they were computed, which matters
// unless the reward has portable bits.
double Verifier::tolerance_in(std::size_t split) const {
  if (plan_.reward.file.machine.empty()) return 0;
  const auto trial = std::ranges::find(index_.trials, split, &StoredTrial::split);
  return trial == index_.trials.end() || !trial->same_machine ? kOtherMachine : 0;
}

Findings Verifier::compute(const Part& part) const {
  std::vector<std::string> keys;
  std::vector<SecondRun> again;
  switch (part.kind) {
    case Part::Kind::report:
      return {0, 0, report_(), {}};
    case Part::Kind::reference:
      return recompute_reference(results_, part.split, references_[part.first].key, tolerance_in(part.split));
    case Part::Kind::replay:
      for (std::size_t i = 0; i < part.count; ++i) keys.push_back(replays_[part.first + i].key);
      return replay_trials(results_, part.split, keys);
    case Part::Kind::rerun:
      break;
  }
  for (std::size_t i = part.first; i < part.first + part.count; ++i) {
    again.push_back({reruns_[i].key, reruns_[i].row});
  }
  return rerun_trials(results_, part.split, again);
}

VerifyJob Verifier::job_of(const Part& part) const {
  VerifyJob job;
  job.body = [this, &part] { return to_json(compute(part)); };
  job.limits.timeout_s = kJobLimit_s;
  job.limits.result_bytes = kFindingsMax;
  job.limits.memory_fix = kMemoryFix;
  if (part.kind == Part::Kind::report) {
    job.words = "the report's files";
    return job;
  }
  const std::string split = "split " + printable(plan_.experiment.splits[part.split].name);
  if (part.kind == Part::Kind::reference) {
    job.words = "exact policies of " + split;
    job.place = fmt::format("references/{}.json", references_[part.first].key);
  } else {
    const bool replay = part.kind == Part::Kind::replay;
    job.words = fmt::format("{} of {}", replay ? "replay" : "second runs", split);
    job.place = fmt::format("trials/{}.json", (replay ? replays_ : reruns_)[part.first].key);
    if (part.count > 1) job.place += fmt::format(" and {} more", part.count - 1);
  }
  // A second run's own process has the row's limit; this one waits for it.
  if (part.kind != Part::Kind::rerun) job.limits.memory_mb = memory_limit_mb(results_);
  return job;
}

void Verifier::not_done(const Part& part, const VerifyAnswer& answer) {
  if (answer.failure.empty()) {
    ++result_.undone;
    return;
  }
  // Folders whose reports do not go together are no matter of figures.
  if (part.kind == Part::Kind::report && answer.kind != ErrorKind::plugin)
    throw Error(answer.kind, answer.failure);
  result_.failures.push_back(answer.failure);
}

// What was found, in an order that does not depend on which job ended first.
void Verifier::take(const std::vector<VerifyAnswer>& answers) {
  std::vector<std::vector<Disagreement>> wrong(plan_.experiment.splits.size());
  std::vector<Disagreement> of_report;
  for (const auto kind : {Part::Kind::replay, Part::Kind::rerun, Part::Kind::reference, Part::Kind::report}) {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      if (parts_[i].kind != kind) continue;
      if (!answers[i].done) {
        not_done(parts_[i], answers[i]);
        continue;
      }
      Findings findings = findings_from_json(answers[i].text);
      if (findings.failures.empty()) {
        result_.trials += kind == Part::Kind::replay ? parts_[i].count : 0;
        result_.references += kind == Part::Kind::reference ? parts_[i].count : 0;
      }
      result_.rerun += findings.rerun;
      result_.episodes += findings.episodes;
      auto& list = kind == Part::Kind::report ? of_report : wrong[parts_[i].split];
      list.insert(list.end(), findings.wrong.begin(), findings.wrong.end());
      result_.failures.insert(result_.failures.end(), findings.failures.begin(), findings.failures.end());
    }
  }
  for (auto& list : wrong) {
    if (list.size() > kDisagreementsMost) list.resize(kDisagreementsMost);
    // Causes before what follows from them.
    std::stable_partition(list.begin(), list.end(), [](const Disagreement& d) {
      return d.place.find("/decisions/") != std::string::npos;
    });
    result_.wrong.insert(result_.wrong.end(), list.begin(), list.end());
  }
  result_.wrong.insert(result_.wrong.end(), of_report.begin(), of_report.end());
}

void Verifier::note() {
  std::size_t learned = 0, finished = 0;
  for (const StoredTrial& trial : index_.trials) {
    if (!trial.finished) continue;
    ++finished;
    learned += trial.row < plan_.agents.size() && plan_.agents[trial.row].learns;
  }
  if (result_.undone > 0) return;
  if (learned > 0 && !settings_.train) {
    result_.notes.push_back(
        fmt::format("{} trials learned: their decisions, learning curves and exact values are the agents' "
                    "own and were taken as stored; --train runs them again",
                    learned));
  }
  const std::size_t to_run = settings_.train ? finished : finished - learned;
  if (result_.rerun < to_run) {
    result_.notes.push_back(
        fmt::format("{} trials were replayed but not run again: their plugins are not here or did not finish",
                    to_run - result_.rerun));
  }
  result_.notes.emplace_back("times and machines are of the runs and cannot be recomputed");
}

}  // namespace

Verification verify_results(const std::filesystem::path& folder, const VerifySettings& settings,
                            const PluginSearch& search, const VerifyReport& report,
                            VerifyObserver& observer) {
  return Verifier(folder, settings, search, report).run(observer);
}

}  // namespace offload
