#include "campaign/results_folder.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "files/plain_file.hpp"
#include "files/sha256.hpp"
#include "files/toml_edit.hpp"
#include "plugin/python_source.hpp"
#include "results/joining/joining.hpp"
#include "results/sealed_result.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kInputMax = std::size_t{1} << 30, kDifferencesShown = 2;

// The bytes [begin, end) of a text become another.
struct Edit {
  std::size_t begin, end;
  std::string text;
};

std::string edited(const std::string& text, std::vector<Edit> edits) {
  std::ranges::sort(edits, {}, &Edit::begin);
  std::string out;
  std::size_t done = 0;
  for (const Edit& edit : edits) {
    out.append(text, done, edit.begin - done).append(edit.text);
    done = edit.end;
  }
  return out + text.substr(done);
}

void copy_input(const fs::path& file, const fs::path& copy) {
  std::error_code error;
  if (fs::equivalent(file, copy, error) && !error) return;  // the suite is run from its own results folder
  make_folder(copy.parent_path());
  write_atomically(copy, read_bounded(file, kInputMax));
}

// Where the files that a suite names are stored: their names below inputs/.
class Inputs {
 public:
  // What the copy of the suite calls it.
  std::string add(const fs::path& file) {
    if (const auto agent = python_agent(file.native())) return add(*agent);
    std::string name = file.filename().string();
    while (files_.contains(name) && files_[name] != file) name = fmt::format("_{}", name);
    files_[name] = file;
    return name;
  }
  // Beside the sources of a plugin in Python, what it read from its folder while it was created.
  void add_read(const fs::path& library, const std::map<std::string, std::string>& facts) {
    const auto agent = python_agent(library.native());
    if (!agent) return;
    const fs::path root = agent->file.parent_path();
    const auto stored = folders_.find(root);
    if (stored == folders_.end()) return;
    for (const auto& [fact, hash] : facts) {
      if (!fact.starts_with(kFileFact)) continue;
      const fs::path name = fact.substr(kFileFact.size());
      // The plugin's process says so, which is not to choose what of this machine is copied where.
      const bool inside = name.is_relative() && name == name.lexically_normal() && *name.begin() != "..";
      std::error_code error;
      if (inside && fs::is_regular_file(root / name, error))
        files_[stored->second + "/" + name.string()] = root / name;
    }
  }
  const std::map<std::string, fs::path>& files() const { return files_; }
  // What an earlier run stored of plugins in Python and is no more: it would be taken for a part of them.
  void remove_old(const fs::path& folder) const {
    for (const auto& [root, name] : folders_) {
      std::error_code error;
      if (fs::equivalent(root, folder / name, error) && !error) continue;
      std::vector<fs::path> old;
      for (fs::recursive_directory_iterator at(folder / name, error), end; !error && at != end;
           at.increment(error)) {
        const std::string file = at->path().lexically_relative(folder).string();
        if (!at->is_directory(error) && !files_.contains(file)) old.push_back(at->path());
      }
      for (const fs::path& file : old) fs::remove(file, error);
    }
  }

 private:
  // The whole folder, under a name that says nothing of where it lay.
  std::string add(const PythonAgent& agent) {
    const fs::path root = fs::absolute(agent.file).lexically_normal().parent_path();
    const std::size_t others = folders_.size();
    const auto [at, fresh] =
        folders_.try_emplace(root, others == 0 ? "python" : fmt::format("python-{}", others + 1));
    const std::string& folder = at->second;
    if (fresh) {
      for (const fs::path& source : python_files(agent.file).sources)
        files_[folder + "/" + source.string()] = root / source;
    }
    return fmt::format("{}/{}:{}", folder, agent.file.filename().string(), agent.name);
  }

  std::map<std::string, fs::path> files_;    // by name below inputs/
  std::map<fs::path, std::string> folders_;  // of plugins in Python
};

// suite.toml and, as inputs/NAME, every file that the suite names; suite.toml names those in their place, so
// that its paths are relative to the folder, and the suite, where its name was that of its file. Returns the
// hash of suite.toml.
std::string store_suite(const Plan& plan, const fs::path& folder) {
  const Suite& suite = plan.experiment.suite;
  Inputs inputs;
  std::vector<Edit> edits;
  for (const SuiteInput& input : suite.inputs)
    edits.push_back({input.begin, input.end, quoted_toml("inputs/" + inputs.add(input.file))});
  for (const PlannedPlugin& agent : plan.agents) inputs.add_read(agent.file.path, agent.file.machine);
  inputs.add_read(plan.reward.file.path, plan.reward.file.machine);
  if (suite.unnamed) {
    const SuiteName& name = *suite.unnamed;
    edits.push_back({name.at, name.at, name.before + quoted_toml(suite.name) + name.after});
  }
  const std::string text = edited(suite.text, std::move(edits));
  const fs::path copy = folder / "suite.toml";
  std::error_code error;
  if ((suite.edited || text != suite.text) && fs::equivalent(suite.file, copy, error) && !error) {
    fail(ErrorKind::config, "{}: the copy in the results folder would replace it; choose another --out",
         printable(suite.file));
  }
  inputs.remove_old(folder / "inputs");
  for (const auto& [name, file] : inputs.files()) copy_input(file, folder / "inputs" / name);
  write_atomically(copy, text);
  return sha256_of(text);
}

// Results in `folder` whose names are no keys.
std::size_t others_in(const fs::path& folder, const auto& is_key) {
  std::size_t others = 0;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const fs::path name = at->path().filename();
    others += name.extension() == ".json" && !is_temporary(name.native()) && !is_key(name.stem().native());
  }
  return others;
}

std::string how_plans_differ(const Plan& plan, const fs::path& folder) {
  try {
    auto differences = plan_differences(read_plan(folder), "the earlier run", plan.stored, "this one", true);
    if (differences.size() > kDifferencesShown) {
      differences.resize(kDifferencesShown);
      differences.emplace_back("and more");
    }
    return differences.empty() ? "" : fmt::format(" ({})", fmt::join(differences, "; "));
  } catch (const Error&) {
    return "";  // its suite.json cannot be read, and is replaced
  }
}

}  // namespace

std::string left_by_another_plan(const Plan& plan, const fs::path& folder) {
  const TrialsByKey trials(plan.stored.trials);
  std::set<std::string> references;
  for (const PlannedReference& reference : plan.stored.references) references.insert(reference.key);
  const std::size_t old_trials =
      others_in(folder / kind_of<TrialResult>().folder,
                [&trials](const std::string& key) { return trials.find(key).has_value(); });
  const std::size_t old_references =
      others_in(folder / kind_of<ReferenceResult>().folder,
                [&references](const std::string& key) { return references.contains(key); });
  if (old_trials + old_references == 0) return "";
  std::string what = old_trials > 0 ? counted(old_trials, "trial") : "";
  if (old_references > 0)
    what +=
        fmt::format("{}exact policies of {}", what.empty() ? "" : " and ", counted(old_references, "split"));
  return fmt::format(
      "{}: {} there of another plan{}. They stay, count in no figure of this run, and verify will name "
      "them. To keep the two apart give another --out; run again as they were run, this folder goes on "
      "with them; or delete them, `offload-bench report {}` names each",
      printable(folder.native()), what + (old_trials + old_references == 1 ? " is" : " are"),
      how_plans_differ(plan, folder), printable(folder.native()));
}

ResultsFolder::ResultsFolder(Plan& plan, const fs::path& folder) : store_(folder), lock_(folder) {
  store_.clean();
  plan.stored.suite_toml_sha256 = store_suite(plan, folder);
  store_.write_plan(plan.stored);
}

}  // namespace offload
