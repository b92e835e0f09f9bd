#include "verify/verify.hpp"

#include <malloc.h>

#include <algorithm>
#include <cstdint>
#include <map>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "verify/foreign_files.hpp"
#include "verify/index/stored_index.hpp"
#include "verify/plan_again.hpp"
#include "verify/recompute.hpp"
#include "verify/second_run.hpp"
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
      : folder_(folder.empty() ? folder : std::filesystem::absolute(folder)),
        settings_(settings),
        search_(search),
        report_(report) {}

  Verification run(VerifyObserver& observer);

 private:
  void read();
  void make_parts();
  void divide(Part::Kind kind, std::size_t entries, const auto& split_of, std::size_t at_once);
  const StoredTrial& numbered(std::uint32_t number) const { return index_.trials[number]; }
  std::string key_of(std::uint32_t number) const { return index_.planned.key(number); }
  VerifyJob job_of(const Part& part) const;
  Findings compute(const Part& part) const;
  void not_done(const Part& part, const VerifyAnswer& answer);
  void take(const Part& part, const Findings& findings);
  void take(const std::vector<VerifyAnswer>& answers);
  std::string why_not_run(const StoredTrial& trial) const;
  std::string split_named(std::size_t split) const;
  void believe_trials();
  void believe_report(const Findings& findings);

  std::filesystem::path folder_;
  const VerifySettings& settings_;
  const PluginSearch& search_;
  const VerifyReport& report_;
  Plan plan_;
  bool same_version_ = true;
  StoredResults results_{folder_, plan_, same_version_, settings_.memory_mb};
  std::vector<std::string> not_run_;  // [rows] as PlanAgain has it
  std::string reward_not_run_;
  StoredIndex index_;
  std::vector<std::uint32_t> replays_, reruns_;  // numbers in the index: a trial's key is there once
  std::vector<StoredReference> references_;
  // Trials by row and why: of which decisions are believed, or for failed ones that and why they failed.
  std::map<std::pair<std::size_t, std::string>, std::size_t> open_, open_failed_;
  std::vector<Part> parts_;  // the longest first, so that no core waits for a last one
  Verification result_;
};

Verification Verifier::run(VerifyObserver& observer) {
  read();
  make_parts();
  malloc_trim(0);  // every job copies this process's page tables
  take(run_jobs(
      parts_.size(), [this](std::size_t i) { return job_of(parts_[i]); }, settings_.jobs, observer));
  believe_trials();
  return std::move(result_);
}

void Verifier::read() {
  PlanAgain again = make_plan_again(folder_, settings_, search_);
  check_plan(again, settings_, result_);
  believe_foreign_files(folder_, again.plan, settings_.beside, result_);
  index_ = read_index(folder_, again.plan, settings_, result_);
  same_version_ = again.stored.version == OFFLOAD_VERSION;
  plan_ = std::move(again.plan);
  not_run_ = std::move(again.not_run);
  reward_not_run_ = std::move(again.reward_not_run);
  plan_.stored = {};  // its keys of trials that are there are in the index
}

void Verifier::divide(Part::Kind kind, std::size_t entries, const auto& split_of, std::size_t at_once) {
  for (std::size_t first = 0, end = 0; first < entries; first = end) {
    while (end < entries && end - first < at_once && split_of(end) == split_of(first)) ++end;
    parts_.push_back({kind, split_of(first), first, end - first});
  }
}

// Why a trial is not run a second time; empty where it is.
std::string Verifier::why_not_run(const StoredTrial& trial) const {
  if (!reward_not_run_.empty()) return "the reward: " + reward_not_run_;
  if (!not_run_[trial.row].empty()) return not_run_[trial.row];
  if (plan_.agents[trial.row].learns && !settings_.train) return "it learned; --train runs it again";
  return {};
}

std::string Verifier::split_named(std::size_t split) const {
  return "split " + printable(plan_.experiment.splits[split].name);
}

// Without the reward nothing but the plan and the report can be made again.
void Verifier::make_parts() {
  for (std::uint32_t number = 0; number < index_.trials.size(); ++number) {
    const StoredTrial& trial = index_.trials[number];
    if (trial.finished && reward_not_run_.empty()) replays_.push_back(number);
    if (const std::string why = why_not_run(trial); why.empty())
      reruns_.push_back(number);
    else
      ++(trial.finished ? open_ : open_failed_)[{trial.row, why}];
  }
  for (const StoredReference& reference : index_.references) {
    if (reward_not_run_.empty())
      references_.push_back(reference);
    else
      believe(result_.believed, "exact policies", "the reward: " + reward_not_run_,
              split_named(reference.split));
  }
  const auto of_trials = [this](const std::vector<std::uint32_t>& numbers) {
    return [this, &numbers](std::size_t i) { return numbered(numbers[i]).split; };
  };
  const auto of_reference = [this](std::size_t i) { return references_[i].split; };
  divide(Part::Kind::reference, references_.size(), of_reference, 1);
  if (report_) parts_.push_back({Part::Kind::report});
  divide(Part::Kind::replay, replays_.size(), of_trials(replays_), kReplaysAtOnce);
  divide(Part::Kind::rerun, reruns_.size(), of_trials(reruns_), settings_.train ? 1 : kRerunsAtOnce);
}

Findings Verifier::compute(const Part& part) const {
  std::vector<std::string> keys;
  std::vector<SecondRun> again;
  switch (part.kind) {
    case Part::Kind::report:
      return {0, 0, report_(), {}, {}};
    case Part::Kind::reference:
      return recompute_reference(results_, part.split, references_[part.first].key);
    case Part::Kind::replay:
      for (std::size_t i = 0; i < part.count; ++i) keys.push_back(key_of(replays_[part.first + i]));
      return replay_trials(results_, part.split, keys);
    case Part::Kind::rerun:
      break;
  }
  for (std::size_t i = part.first; i < part.first + part.count; ++i) {
    again.push_back({key_of(reruns_[i]), numbered(reruns_[i]).row});
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
  const std::string split = split_named(part.split);
  if (part.kind == Part::Kind::reference) {
    job.words = "exact policies of " + split;
    job.place = fmt::format("references/{}.json", references_[part.first].key);
  } else {
    const bool replay = part.kind == Part::Kind::replay;
    job.words = fmt::format("{} of {}", replay ? "replay" : "second runs", split);
    job.place = fmt::format("trials/{}.json", key_of((replay ? replays_ : reruns_)[part.first]));
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
  if (part.kind == Part::Kind::reference && !references_[part.first].finished) {
    believe(result_.believed, "why exact policies failed", "they failed again; why they did is not compared",
            split_named(part.split));
    return;
  }
  // Folders whose reports do not go together are no matter of figures.
  if (part.kind == Part::Kind::report && answer.kind != ErrorKind::plugin)
    throw Error(answer.kind, answer.failure);
  result_.failures.push_back(answer.failure);
}

void Verifier::take(const Part& part, const Findings& findings) {
  if (findings.failures.empty()) {
    result_.trials += part.kind == Part::Kind::replay ? part.count : 0;
    result_.references += part.kind == Part::Kind::reference ? part.count : 0;
  }
  result_.rerun += findings.rerun;
  result_.episodes += findings.episodes;
  result_.failures.insert(result_.failures.end(), findings.failures.begin(), findings.failures.end());
  for (const auto& [row, why] : findings.believed) {
    if (part.kind == Part::Kind::reference) {
      believe(result_.believed, "last digits of exact policies", why, split_named(part.split));
      continue;
    }
    // A second run compares all that a replay does.
    if (part.kind == Part::Kind::replay && why_not_run({0, static_cast<std::uint32_t>(row), true}).empty())
      continue;
    const bool failed = why == kFailedAgain;
    ++(failed ? open_failed_ : open_)[{row, why}];
  }
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
      const Findings findings = findings_from_json(answers[i].text);
      take(parts_[i], findings);
      if (kind == Part::Kind::report && !settings_.leads) {
        believe_report(findings);
        continue;
      }
      auto& list = kind == Part::Kind::report ? of_report : wrong[parts_[i].split];
      list.insert(list.end(), findings.wrong.begin(), findings.wrong.end());
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

// It may be of other folders with this one.
void Verifier::believe_report(const Findings& findings) {
  if (findings.wrong.empty()) return;
  believe(result_.believed, "the report's files", "they are not of this folder alone; verify it by itself",
          printable(folder_.filename().native()));
}

void Verifier::believe_trials() {
  const auto named = [this](std::size_t row, std::size_t trials) {
    return fmt::format("row {} ({})", printable(plan_.experiment.suite.rows[row].name),
                       counted(trials, "trial"));
  };
  for (const auto& [of, trials] : open_) {
    const auto& [row, why] = of;
    const bool learns = plan_.agents[row].learns,
               keeps = plan_.experiment.suite.rows[row].training.checkpoints,
               sweeps = !plan_.experiment.suite.rows[row].candidates.empty();
    believe(result_.believed,
            fmt::format("decisions and exact values{}{}{}",
                        learns ? ", curves, fresh copies, training counts" : "",
                        learns && keeps ? ", checkpoints" : "",
                        sweeps ? ", what candidates came to in validation" : ""),
            why, named(row, trials));
  }
  for (const auto& [of, trials] : open_failed_) {
    believe(result_.believed, of.second == kFailedAgain ? "why trials failed" : "that trials failed, and why",
            of.second, named(of.first, trials));
  }
}

}  // namespace

Verification verify_results(const std::filesystem::path& folder, const VerifySettings& settings,
                            const PluginSearch& search, const VerifyReport& report,
                            VerifyObserver& observer) {
  return Verifier(folder, settings, search, report).run(observer);
}

}  // namespace offload
