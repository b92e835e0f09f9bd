#include "verify/index/stored_index.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_map>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "core/instruction_set.hpp"
#include "files/atomic_file.hpp"
#include "files/machine.hpp"
#include "results/result_reading.hpp"
#include "results/sealed_result.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kForeignNamed = 20, kKeyShown = 8;
constexpr const char* kForeignWhat = "what is under a foreign key";
constexpr const char* kForeignWhy =
    "it is of no trial of this plan, as after a run with other settings, and no figure counts it; take it "
    "away, or run and verify it with the settings that it was run with";

using Numbers = std::unordered_map<std::string_view, std::size_t>;

bool is_key(const std::string& text) {
  constexpr std::size_t kDigits = 64;
  return text.size() == kDigits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Numbers numbers_of(const auto& list, const auto& name) {
  Numbers numbers;
  for (const auto& entry : list) numbers.emplace(name(entry), numbers.size());
  return numbers;
}

class Index {
 public:
  Index(const fs::path& folder, const Plan& plan, const VerifySettings& settings, Verification& result)
      : folder_(folder),
        plan_(plan),
        settings_(settings),
        result_(result),
        rows_(numbers_of(plan.stored.rows,
                         [](const ReportRow& row) -> const std::string& { return row.name; })),
        splits_(numbers_of(plan.stored.splits,
                           [](const std::string& name) -> const std::string& { return name; })),
        trials_(plan.stored.trials),
        references_(numbers_of(plan.stored.references,
                               [](const PlannedReference& r) -> const std::string& { return r.key; })),
        found_(plan.stored.trials.size()),
        found_references_(plan.stored.references.size()) {}

  void add(const TrialResult& trial);
  void add(const ReferenceResult& reference);
  void check_machine(const TrialResult& trial);
  void check_place(const TrialResult& trial);
  void name_missing();
  void name_foreign();
  void check_checkpoints();
  void name_missing_checkpoints();
  StoredIndex take();

 private:
  template <typename Result>
  void wrong(const std::string& key, const std::string& place, std::string stored, std::string planned) {
    result_.wrong.push_back({std::string(kind_of<Result>().folder) + "/" + key + ".json", place,
                             std::move(stored), std::move(planned)});
  }
  // As an earlier run with other settings leaves it; whoever put it there, no figure counts it.
  template <typename Result>
  void believe_foreign(const std::string& key, const std::string& of) {
    foreign_.insert(fmt::format("{}/{}... ({})", kind_of<Result>().folder, key.substr(0, kKeyShown), of));
  }
  // The report takes a finished result before a failed one.
  bool finished_elsewhere(const std::string& key, bool reference) const {
    return std::ranges::any_of(
        settings_.beside, [&](const fs::path& other) { return Store(other).has_finished(key, reference); });
  }
  bool elsewhere(const fs::path& name) const {
    return std::ranges::any_of(settings_.beside,
                               [&](const fs::path& other) { return fs::exists(other / name); });
  }

  const fs::path& folder_;
  const Plan& plan_;
  const VerifySettings& settings_;
  Verification& result_;
  Numbers rows_, splits_;
  TrialsByKey trials_;
  Numbers references_;
  std::vector<bool> found_, found_references_;
  struct Kept {
    StoredTrial trial;
    std::uint32_t planned = 0;  // an index
  };
  std::vector<Kept> kept_;
  std::vector<StoredReference> kept_references_;
  std::set<std::string> foreign_;  // what is of no trial or exact policies of the plan
};

void Index::add(const TrialResult& trial) {
  const std::string of = fmt::format("row '{}' on split '{}'", printable(trial.row), printable(trial.split));
  const auto planned = trials_.find(trial.key);
  if (!planned) return believe_foreign<TrialResult>(trial.key, of);
  const PlannedTrial plan = plan_.stored.trials[*planned];
  found_[*planned] = true;
  if (trial.row != plan.row || trial.split != plan.split) {
    return wrong<TrialResult>(
        trial.key, "", of + " under a foreign key",
        fmt::format("row '{}' on split '{}'", printable(plan.row), printable(plan.split)));
  }
  const bool finished = trial.status == TrialStatus::ok;
  if (finished) check_machine(trial);
  if (finished) check_place(trial);
  if (!finished && finished_elsewhere(trial.key, false)) return;
  kept_.push_back({{static_cast<std::uint32_t>(splits_.at(trial.split)),
                    static_cast<std::uint32_t>(rows_.at(trial.row)), finished},
                   static_cast<std::uint32_t>(*planned)});
}

// What is not portable ran where its key says; what is portable says so; and a machine says what it is. Keys
// of another version say nothing.
void Index::check_machine(const TrialResult& trial) {
  if (plan_.stored.version != OFFLOAD_VERSION) return;
  const auto require = [&](const std::string& name, bool right, const std::string& planned) {
    const auto found = trial.host.find(name);
    if (!right)
      wrong<TrialResult>(trial.key, "/trial/host/" + name,
                         found == trial.host.end() ? "nothing" : printable(found->second), planned);
  };
  const auto says = [&](const std::string& name, const std::string& fact) {
    const auto found = trial.host.find(name);
    return found != trial.host.end() && found->second == fact;
  };
  const auto& agent = plan_.agents[rows_.at(trial.row)].file.machine;
  const auto& reward = plan_.reward.file.machine;
  const bool portable = agent.empty() && reward.empty();
  require("bits", portable ? says("bits", kPortableBits) : !trial.host.contains("bits"),
          portable ? kPortableBits : "nothing");
  for (const auto& [name, here] : machine_facts())
    require(name, trial.host.contains(name), "what every run says");
  require("offload_bench", says("offload_bench", OFFLOAD_VERSION), OFFLOAD_VERSION);
  const auto sets = {InstructionSet::baseline, InstructionSet::avx2, InstructionSet::avx512};
  require("instruction_set",
          std::ranges::any_of(sets, [&](auto set) { return says("instruction_set", to_string(set)); }),
          "one that there is");
  for (const auto& [of, machine] : {std::pair{"agent.", &agent}, {"reward.", &reward}}) {
    for (const auto& [name, planned] : *machine) {
      const std::string said = name == "instruction_set" ? name : of + name;
      require(said, !trial.host.contains(said) || says(said, planned), planned);
    }
  }
}

// Where its agent ran, as far as the plan says it.
void Index::check_place(const TrialResult& trial) {
  if (plan_.stored.version != OFFLOAD_VERSION) return;
  const Suite& suite = plan_.experiment.suite;
  const bool isolated = suite.rows[rows_.at(trial.row)].training.isolation == Isolation::process;
  if ((trial.copies == EvaluationCopies::process) != isolated)
    wrong<TrialResult>(trial.key, "/trial/copies", isolated ? "not of an isolated row" : "of an isolated row",
                       isolated ? "\"process\"" : "another than \"process\"");
  if (!isolated && suite.reward_isolation != Isolation::process && trial.host.contains(kIsolationMissing))
    wrong<TrialResult>(trial.key, "/trial/host/isolation.missing", "there", "nothing: nothing was isolated");
}

void Index::add(const ReferenceResult& reference) {
  const auto planned = references_.find(reference.key);
  if (planned == references_.end())
    return believe_foreign<ReferenceResult>(reference.key,
                                            fmt::format("split '{}'", printable(reference.split)));
  if (plan_.stored.references[planned->second].split != reference.split) {
    return wrong<ReferenceResult>(
        reference.key, "", fmt::format("split '{}' under a foreign key", printable(reference.split)),
        fmt::format("split '{}'", printable(plan_.stored.references[planned->second].split)));
  }
  found_references_[planned->second] = true;
  const bool finished = reference.status == TrialStatus::ok;
  if (!finished && finished_elsewhere(reference.key, true)) return;
  kept_references_.push_back({reference.key, splits_.at(reference.split), finished});
}

void Index::name_foreign() {
  std::size_t named = 0;
  for (const std::string& one : foreign_) {
    if (named++ < kForeignNamed) believe(result_.believed, kForeignWhat, kForeignWhy, one);
  }
  if (named > kForeignNamed)
    believe(result_.believed, kForeignWhat, kForeignWhy, fmt::format("{} more", named - kForeignNamed));
}

// What was taken away is not told from what never ran.
void Index::name_missing() {
  constexpr const char* kWhat = "what is missing would have said";
  constexpr const char* kWhy = "planned, but never run or taken away; run the suite again";
  std::vector<std::size_t> missing(plan_.stored.rows.size());
  for (std::size_t i = 0; i < found_.size(); ++i) {
    const PlannedTrials& trials = plan_.stored.trials;
    missing[rows_.at(trials.row(i))] += !found_[i] && !elsewhere(file_of<TrialResult>("", trials.key(i)));
  }
  for (std::size_t r = 0; r < missing.size(); ++r) {
    if (missing[r] == 0) continue;
    believe(result_.believed, kWhat, kWhy,
            fmt::format("row {} ({})", printable(plan_.stored.rows[r].name), counted(missing[r], "trial")));
  }
  std::size_t references = 0;
  for (std::size_t i = 0; i < found_references_.size(); ++i) {
    const std::string& key = plan_.stored.references[i].key;
    references += !found_references_[i] && !elsewhere(file_of<ReferenceResult>("", key));
  }
  if (references > 0) {
    believe(result_.believed, kWhat, kWhy, fmt::format("exact policies ({})", counted(references, "split")));
  }
}

// Of the agents that were asked whether they have one.
void Index::name_missing_checkpoints() {
  for (const auto& [trial, planned] : kept_) {
    const PlannedPlugin& agent = plan_.agents[trial.row];
    const fs::path name = fs::path("checkpoints") / (plan_.stored.trials.key(planned) + ".ckpt");
    const bool keeps = trial.finished && agent.learns && agent.has_checkpoint &&
                       plan_.experiment.suite.rows[trial.row].training.checkpoints;
    if (!keeps || fs::exists(folder_ / name) || elsewhere(name)) continue;
    believe(result_.believed, "what was learned", "its checkpoint was taken away; run the suite again",
            printable(name.native()));
  }
}

void Index::check_checkpoints() {
  std::vector<fs::path> names;
  std::error_code error;
  for (fs::directory_iterator at(folder_ / "checkpoints", error), end; !error && at != end;
       at.increment(error)) {
    names.push_back(at->path().filename());
  }
  std::ranges::sort(names);
  for (const fs::path& name : names) {
    if (is_temporary(name.native())) continue;
    const auto planned = trials_.find(name.stem().native());
    const bool kept =
        name.extension() == ".ckpt" && planned &&
        plan_.experiment.suite.rows[rows_.at(plan_.stored.trials.row(*planned))].training.checkpoints;
    if (kept) continue;
    if (name.extension() == ".ckpt" && !planned && is_key(name.stem().native())) {
      foreign_.insert(fmt::format("checkpoints/{}...", name.native().substr(0, kKeyShown)));
      continue;
    }
    result_.wrong.push_back({printable("checkpoints/" + name.native()), "", "a foreign file",
                             "checkpoints of trials that keep one"});
  }
}

StoredIndex Index::take() {
  const PlannedTrials& planned = plan_.stored.trials;
  std::ranges::sort(kept_, {}, [&planned](const Kept& one) {
    return std::pair(one.trial.split, planned.planned_key(one.planned));
  });
  std::ranges::sort(kept_references_, {},
                    [](const StoredReference& one) { return std::tie(one.split, one.key); });
  StoredIndex index;
  index.references = std::move(kept_references_);
  index.trials.reserve(kept_.size());
  index.planned.reserve(kept_.size());
  for (const auto& [trial, at] : kept_) {
    index.trials.push_back(trial);
    index.planned.push_back(planned[at]);
  }
  return index;
}

}  // namespace

StoredIndex read_index(const fs::path& folder, const Plan& plan, const VerifySettings& settings,
                       Verification& result) {
  Index index(folder, plan, settings, result);
  const std::size_t before = result.wrong.size();
  const auto left_out =
      visit_results({folder}, {[&](const TrialResult& trial) { index.add(trial); },
                               [&](const ReferenceResult& reference) { index.add(reference); }});
  // Files come in any order.
  std::ranges::sort(result.wrong.begin() + static_cast<std::ptrdiff_t>(before), result.wrong.end(), {},
                    &Disagreement::file);
  for (const LeftOut& out : left_out) {
    result.wrong.push_back({out.file, "", out.reason, "a result that can be counted"});
  }
  index.name_missing();
  index.check_checkpoints();
  index.name_missing_checkpoints();
  index.name_foreign();
  return index.take();
}

}  // namespace offload
