#include "verify/second_run.hpp"

#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "files/sha256.hpp"
#include "plugin/isolated.hpp"
#include "trial/trial.hpp"

namespace offload {
namespace {

constexpr std::size_t kRerunMax = std::size_t{512} << 20;
constexpr const char* kAgentFact = "agent.";
constexpr const char* kOtherIsolation = "isolation held other things there, it says, than it does here";

// What of isolation a machine did not hold.
std::string lacking(const std::map<std::string, std::string>& host) {
  const auto missing = host.find(kIsolationMissing);
  return missing == host.end() ? "" : missing->second;
}

// What a second run leaves: its result, and the hash of the checkpoint that it would have kept.
struct Run {
  TrialResult result;
  std::string checkpoint_sha256;
};

class Rerun {
 public:
  Rerun(const StoredResults& results, const Split& split, const SecondRun& trial, Findings& findings)
      : results_(results),
        experiment_(results.plan.experiment),
        row_(experiment_.suite.rows[trial.row]),
        planned_(results.plan.agents[trial.row]),
        split_(split),
        trial_(trial),
        findings_(findings),
        stored_(read_stored<TrialResult>(results, split.name, trial.key)) {}

  void operator()();

 private:
  std::string body() const;
  void ended(const IsolatedCall& call);
  void compare(Run run);
  void compare_checkpoint(const std::string& sha256, std::vector<Disagreement>& wrong) const;
  void believe_it(const char* why) { findings_.believed.emplace_back(trial_.row, why); }

  const StoredResults& results_;
  const Experiment& experiment_;
  const RowSettings& row_;
  const PlannedPlugin& planned_;
  const Split& split_;
  const SecondRun& trial_;
  Findings& findings_;
  TrialResult stored_;
};

std::string Rerun::body() const {
  // One that failed may have failed while it was timed.
  const auto times = stored_.status == TrialStatus::failed ? DecisionTimes::taken : DecisionTimes::left_out;
  std::string checkpoint;
  const TrialResult result = run_trial(
      experiment_, row_, split_, planned_.file.path, results_.plan.reward.file.path, [](double) {},
      [&checkpoint](std::string_view file) { checkpoint = sha256_of(file); }, copies_of(planned_, row_),
      times);
  return checkpoint + "\n" + to_json(result);
}

Run read_run(const std::string& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string::npos) fail(ErrorKind::plugin, "what it returned cannot be read");
  return {trial_result_from_json(text.substr(end + 1), "what it returned"), text.substr(0, end)};
}

void Rerun::operator()() {
  IsolationLimits limits;
  limits.timeout_s = wall_limit_s(results_.plan.experiment.suite, row_);
  limits.result_bytes = kRerunMax;
  limits.memory_mb = memory_limit_mb(results_, trial_.row);
  limits.memory_fix = kMemoryFix;
  IsolatedCall call(
      fmt::format("the second run of row '{}' on split {}", printable(row_.name), printable(split_.name)),
      [this] { return body(); }, limits);
  wait_for(call);
  // It may have closed the way that results take.
  if (call.silent()) return believe_it("its plugin let no result of a second run through");
  ended(call);
}

void Rerun::ended(const IsolatedCall& call) {
  try {
    Run run = read_run(call.result());
    ++findings_.rerun;
    if (stored_.status == TrialStatus::ok) return compare(std::move(run));
    findings_.wrong.push_back({name_of<TrialResult>(trial_.key), "/trial/status", "\"failed\"", "\"ok\""});
  } catch (const Error& error) {
    if (stored_.status == TrialStatus::failed) return believe_it(kFailedAgain);
    findings_.failures.push_back(
        fmt::format("{}: {}", name_of<TrialResult>(trial_.key), call.sentence_of(error)));
  }
}

void Rerun::compare(Run run) {
  const std::map<std::string, std::string> here = run.result.host;
  const bool portable = planned_.file.machine.empty() && results_.plan.reward.file.machine.empty();
  run.result.key = stored_.key;
  run.result.timing = stored_.timing;
  run.result.host = stored_.host;
  std::vector<Disagreement> wrong;
  const bool last_digits =
      add_differences(stored_, run.result,
                      std::max(tolerance_of(planned_.file), tolerance_of(results_.plan.reward.file)), wrong);
  compare_checkpoint(run.checkpoint_sha256, wrong);
  if (!wrong.empty() && planned_.learns && !portable && !same_bits_expected(stored_.host, here)) {
    return believe_it("it learned on another machine, and its bits are not portable");
  }
  if (last_digits) believe_it(kLastDigits);
  if (lacking(stored_.host) != lacking(here)) believe_it(kOtherIsolation);
  findings_.wrong.insert(findings_.wrong.end(), wrong.begin(), wrong.end());
}

// A missing file takes nothing from the figures.
void Rerun::compare_checkpoint(const std::string& sha256, std::vector<Disagreement>& wrong) const {
  const std::string name = "checkpoints/" + trial_.key + ".ckpt";
  if (!std::filesystem::exists(results_.folder / name)) return;
  const std::string stored = sha256_of_file(results_.folder / name);
  if (stored != sha256) wrong.push_back({name, "", stored, sha256.empty() ? "nothing" : sha256});
}

}  // namespace

const char* const kFailedAgain = "it failed again; why it did is not compared";

bool same_bits_expected(const std::map<std::string, std::string>& stored,
                        const std::map<std::string, std::string>& here) {
  const auto decisive = [](const std::map<std::string, std::string>& host) {
    std::map<std::string, std::string> facts;
    for (const auto& [name, value] : host) {
      if (name == "instruction_set" || name.starts_with(kAgentFact)) facts[name] = value;
    }
    return facts;
  };
  return decisive(stored) == decisive(here);
}

Findings rerun_trials(const StoredResults& results, std::size_t split, std::span<const SecondRun> trials) {
  Findings findings;
  for (const SecondRun& trial : trials) {
    Rerun(results, results.plan.experiment.splits[split], trial, findings)();
  }
  return findings;
}

}  // namespace offload
