#include "slurm/parts.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "campaign/plan.hpp"
#include "core/counted.hpp"
#include "core/error.hpp"
#include "files/checked_json.hpp"
#include "files/plain_file.hpp"
#include "results/joining/joining.hpp"
#include "results/result_reading.hpp"
#include "slurm/scripts.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSettingsMax = 1 << 16, kCheckpointMax = std::size_t{1} << 30;
constexpr std::int64_t kTasksMost = 1'000'000;

enum class JobState : unsigned char { missing, failed, finished };

// The plan's jobs in the order of jobs_of, and what became of them.
class Jobs {
 public:
  explicit Jobs(const ReportPlan& plan) : references_(plan.references.size()) {
    for (const PlannedReference& reference : plan.references) add("r" + reference.key);
    for (const PlannedTrial& trial : plan.trials) add("t" + trial.key);
  }

  template <typename Result>
  bool plans(const Result& result) const {
    return index_.contains(name_of(result));
  }
  template <typename Result>
  void note(const Result& result) {
    const auto found = index_.find(name_of(result));
    if (found == index_.end()) return;
    state_[found->second] = result.status == TrialStatus::ok ? JobState::finished : JobState::failed;
  }

  void count(PartsStatus& status) const {
    std::map<std::size_t, JobState> worst;
    for (std::size_t i = 0; i < state_.size(); ++i) {
      PartsStatus::Jobs& jobs = i < references_ ? status.references : status.trials;
      ++jobs.planned;
      jobs.finished += state_[i] == JobState::finished;
      jobs.failed += state_[i] == JobState::failed;
      if (state_[i] == JobState::finished) continue;
      const auto [part, fresh] = worst.emplace(shard_of(i, state_.size(), status.tasks), state_[i]);
      if (!fresh) part->second = std::min(part->second, state_[i]);
    }
    for (const auto& [part, state] : worst) {
      status.missing.push_back(part);
      if (state == JobState::failed) status.failed.push_back(part);
    }
  }

 private:
  static std::string name_of(const TrialResult& result) { return "t" + result.key; }
  static std::string name_of(const ReferenceResult& result) { return "r" + result.key; }
  void add(std::string name) {
    index_.emplace(std::move(name), state_.size());
    state_.push_back(JobState::missing);
  }

  std::size_t references_;
  std::unordered_map<std::string, std::size_t> index_;
  std::vector<JobState> state_;
};

// A results folder with its parts.
struct Parts {
  PartsStatus status;
  ReportPlan plan;                // that of the parts, once one has begun
  fs::path planned_by;            // the folder that it is of
  std::vector<fs::path> folders;  // that there are, the results folder itself first
};

// Parts that ran the suite before it was written anew count as not begun; their results count where their
// keys do.
bool is_of(const ReportPlan& part, const ReportPlan& whole) {
  return part.suite_toml_sha256 == whole.suite_toml_sha256 && part.data_sha256 == whole.data_sha256;
}

// On other machines, or with other files, a part has planned other trials.
std::string other_plan(const Parts& parts, const ReportPlan& other, const fs::path& folder) {
  const std::string here = folder.filename().native(), there = parts.planned_by.filename().native();
  const std::vector<std::string> differences = plan_differences(parts.plan, there, other, here, true);
  return fmt::format(
      "parts/{}: planned other trials than parts/{}: {}; where machines differ, run all parts with one --isa "
      "or "
      "on one kind of machine, then remove this part's folder and submit it again",
      printable(here), printable(there),
      differences.empty() ? "their keys differ" : fmt::format("{}", fmt::join(differences, "; ")));
}

std::optional<Parts> open_parts(const fs::path& folder) {
  const fs::path settings = folder / "slurm" / "parts.json";
  std::error_code error;
  if (!fs::exists(settings, error)) return std::nullopt;
  const std::string text = read_bounded(settings, kSettingsMax);
  const nlohmann::json json = parse_checked(text, settings.native());
  Parts parts;
  parts.status.tasks =
      static_cast<std::size_t>(CheckedJson(json, settings.native()).at("tasks").integer(1, kTasksMost));
  parts.folders.push_back(folder);
  const ReportPlan whole = read_plan(folder);
  for (std::size_t part = 1; part <= parts.status.tasks; ++part) {
    const fs::path one = part_folder(folder, part, parts.status.tasks);
    if (!fs::exists(one / "suite.json", error)) continue;
    parts.folders.push_back(one);
    ReportPlan plan = read_plan(one);
    if (!is_of(plan, whole)) continue;
    if (parts.planned_by.empty()) {
      parts.planned_by = one;
      parts.plan = std::move(plan);
    } else if (plan != parts.plan) {
      parts.status.problems.push_back(other_plan(parts, plan, one));
    }
  }
  if (parts.planned_by.empty()) parts.plan = whole;
  return parts;
}

template <typename Visit>
void visit(Parts& parts, const Visit& each) {
  parts.status.left_out = visit_results(parts.folders, {[&](TrialResult trial) { each(trial); },
                                                        [&](ReferenceResult reference) { each(reference); }});
  std::erase_if(parts.status.left_out, [](const LeftOut& file) { return file.of_another_plan; });
  for (const LeftOut& file : parts.status.left_out) {
    if (file.reason.starts_with("conflict")) {
      parts.status.problems.push_back(
          fmt::format("{}: {}; remove the one that is not to count", printable(file.file), file.reason));
    }
  }
}

void look(Parts& parts) {
  Jobs jobs(parts.plan);
  visit(parts, [&jobs](const auto& result) { jobs.note(result); });
  jobs.count(parts.status);
}

void copy_checkpoint(const Parts& parts, const Store& store, const std::string& key) {
  const fs::path name = fs::path("checkpoints") / (key + ".ckpt");
  std::error_code error;
  for (std::size_t i = 1; i < parts.folders.size(); ++i) {
    if (!fs::exists(parts.folders[i] / name, error)) continue;
    return store.write_checkpoint(key, read_bounded(parts.folders[i] / name, kCheckpointMax));
  }
}

}  // namespace

std::optional<PartsStatus> parts_status(const fs::path& folder) {
  std::optional<Parts> parts = open_parts(folder);
  if (!parts) return std::nullopt;
  look(*parts);
  return std::move(parts->status);
}

std::string part_list(const std::vector<std::size_t>& parts) {
  std::string out;
  for (std::size_t i = 0; i < parts.size();) {
    std::size_t last = i;
    while (last + 1 < parts.size() && parts[last + 1] == parts[last] + 1) ++last;
    if (!out.empty()) out += ',';
    out += i == last ? fmt::format("{}", parts[i]) : fmt::format("{}-{}", parts[i], parts[last]);
    i = last + 1;
  }
  return out;
}

std::string status_sentence(const PartsStatus& status) {
  std::string out = fmt::format("{} of {}", status.trials.finished, counted(status.trials.planned, "trial"));
  if (status.references.planned > 0)
    out += fmt::format(", {} of {}", status.references.finished,
                       counted(status.references.planned, "exact policy"));
  const std::size_t failed = status.trials.failed + status.references.failed;
  if (failed > 0) out += fmt::format(", {} failed", failed);
  std::vector<std::size_t> missing;
  std::ranges::set_difference(status.missing, status.failed, std::back_inserter(missing));
  if (!missing.empty()) out += fmt::format("; missing parts {} of {}", part_list(missing), status.tasks);
  if (!status.failed.empty()) out += fmt::format("; parts {} have failed jobs", part_list(status.failed));
  return out;
}

PartsStatus merge_parts(const fs::path& folder) {
  const StoreLock lock(folder);
  std::optional<Parts> parts = open_parts(folder);
  if (!parts) {
    fail(ErrorKind::config, "{}: no slurm/parts.json: not a folder of `offload-bench slurm`",
         printable(folder.native()));
  }
  look(*parts);
  if (!parts->status.complete()) return std::move(parts->status);
  const Store store(folder);
  store.clean();
  const Jobs jobs(parts->plan);
  visit(*parts, [&](const auto& result) {
    if (!jobs.plans(result)) return;
    if constexpr (std::is_same_v<std::decay_t<decltype(result)>, TrialResult>) {
      copy_checkpoint(*parts, store, result.key);
      store.write_trial(result);
    } else {
      store.write_reference(result);
    }
  });
  store.write_plan(parts->plan);
  return std::move(parts->status);
}

}  // namespace offload
