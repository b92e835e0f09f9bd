#include "verify/foreign_files.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "core/error.hpp"
#include "data/dataset.hpp"
#include "files/atomic_file.hpp"
#include "files/plain_file.hpp"
#include "plugin/python_source.hpp"
#include "results/joining/identity.hpp"
#include "results/result_reading.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNamed = 10;

const std::set<fs::path> kOfAReport = {"report.json", "report.md",         "report.html", "leaderboard.csv",
                                       "trials.csv",  "timing.csv",        "margins.csv", "drifts.csv",
                                       "events",      "simulated_log.csv", "joined.json"};
const std::set<fs::path> kOfARun = {"suite.json", "suite.toml",  "trials",
                                    "references", "checkpoints", "inputs"};
const std::set<fs::path> kFolders = {"trials", "references", "checkpoints", "inputs", "events"};

// In the order of their names; of many the first ones.
void name(const std::set<fs::path>& files, const char* what, const char* why, Verification& result) {
  std::size_t named = 0;
  for (const fs::path& file : files) {
    if (named++ == kNamed) break;
    believe(result.believed, what, why, printable(file.native(), 100));
  }
  if (files.size() > kNamed)
    believe(result.believed, what, why, fmt::format("{} more", files.size() - kNamed));
}

// No run leaves one: it says that something was there.
std::set<fs::path> empty_folders_below(const fs::path& folder) {
  std::set<fs::path> empty;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const fs::path below = at->path().lexically_relative(folder);
    if (at->is_directory(error) && std::distance(below.begin(), below.end()) > 1 &&
        fs::is_empty(at->path(), error)) {
      empty.insert(below);
    }
  }
  return empty;
}

std::set<fs::path> links_below(const fs::path& folder) {
  std::set<fs::path> links;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->is_symlink(error)) links.insert(at->path().lexically_relative(folder));
  }
  return links;
}

// Of the files directly in `folder` / `below`, those that are not among `known`.
void find_others(const fs::path& folder, const fs::path& below, const std::set<fs::path>& known,
                 std::set<fs::path>& others) {
  std::error_code error;
  for (fs::directory_iterator at(folder / below, error), end; !error && at != end; at.increment(error)) {
    const fs::path file = at->path().filename();
    if (!known.contains(file)) others.insert(below / file);
  }
}

// A number, as the process that held the folder wrote it.
bool is_lock(const fs::path& file) {
  constexpr std::size_t kDigitsMost = 20;
  std::error_code error;
  if (!fs::is_regular_file(file, error) || fs::file_size(file, error) > kDigitsMost) return false;
  return std::ranges::all_of(read_bounded(file, kDigitsMost), [](char c) { return c >= '0' && c <= '9'; });
}

// What has a name of ours and is not what has it: a file where a folder belongs, a lock that says more than
// who held it, and below the folders what only an unfinished writer leaves, which readers pass over.
void find_disguised(const fs::path& folder, std::set<fs::path>& others) {
  std::error_code error;
  for (const fs::path& name : kFolders) {
    if (fs::exists(folder / name, error) && !fs::is_directory(folder / name, error)) others.insert(name);
  }
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (is_temporary(at->path().filename().native())) others.insert(at->path().lexically_relative(folder));
  }
}

// Whether it is a packed set of the plan's data by its name and by what it says itself. No figure is read
// from it, and its episodes are not compared.
bool is_copy_of_data(const fs::path& file, const Plan& plan) {
  constexpr std::size_t kDigits = 64;
  const std::string key = file.stem().native();
  if (file.extension() != ".packed" || key.size() != kDigits ||
      key.find_first_not_of("0123456789abcdef") != std::string::npos || !is_packed(file))
    return false;
  try {
    const std::string sha256 = open_packed(file).sha256;
    // Made of it after it was opened, these have hashes of their own.
    const DataSettings& data = plan.experiment.suite.data;
    if (data.sessions > 0 || data.text_features > 0) return true;
    return std::ranges::any_of(plan.experiment.scenarios,
                               [&](const auto& scenario) { return scenario->data().sha256 == sha256; });
  } catch (const Error&) {
    return false;  // other bytes behind the first ones
  }
}

// The run's own copies of data, where no folder of the user keeps them.
void find_beside_cache(const fs::path& folder, const Plan& plan, std::set<fs::path>& others) {
  std::error_code error;
  if (!fs::exists(folder / "cache", error)) return;
  if (!fs::is_directory(folder / "cache", error)) others.insert("cache");
  for (fs::directory_iterator at(folder / "cache", error), end; !error && at != end; at.increment(error)) {
    if (!is_copy_of_data(at->path(), plan)) others.insert(fs::path("cache") / at->path().filename());
  }
}

// Of the folder of an agent in Python: what is neither one of its sources, all of which are in its hash, nor
// a model that some agent says it read.
void find_others_beside(const PythonAgent& agent, const Plan& plan, std::set<fs::path>& others) {
  const fs::path root = fs::absolute(agent.file).parent_path();
  std::error_code error;
  if (!fs::is_directory(root, error)) return;  // who locates plugins says so
  std::set<fs::path> known;
  for (fs::path& source : python_files(agent.file).sources) known.insert(std::move(source));
  const auto add_read = [&known](const PlannedPlugin& planned) {
    for (const auto& [fact, hash] : planned.file.machine)
      if (fact.starts_with(kFileFact)) known.insert(fact.substr(kFileFact.size()));
  };
  std::ranges::for_each(plan.agents, add_read);
  add_read(plan.reward);
  for (fs::recursive_directory_iterator at(root, error), end; !error && at != end; at.increment(error)) {
    const fs::path file = at->path().lexically_relative(root);
    if (!known.contains(file) && !fs::is_directory(at->symlink_status()))
      others.insert("inputs" / root.filename() / file);
  }
}

constexpr const char* kOthersSay = "what foreign files say";
constexpr const char* kOthersWhy = "no run wrote them and nothing of them was compared; take them away";

// Folders of results in `folder` that its report is of, which are verified as folders of their own.
class OwnParts {
 public:
  explicit OwnParts(const fs::path& folder) {
    try {
      for (fs::path& part : folders_beneath(folder)) parts_.insert(std::move(part));
    } catch (const Error&) {
      parts_.clear();  // who reads the report says why
    }
  }
  // Of them those that are among `verified`.
  void keep(const fs::path& folder, const std::vector<fs::path>& verified) {
    std::erase_if(parts_, [&](const fs::path& part) {
      return std::ranges::none_of(verified, [&](const fs::path& one) {
        std::error_code error;
        return fs::equivalent(folder / part, one, error);
      });
    });
  }
  // Adds what lies beside `known` in the folder itself, and beside the parts in folders on the way to them.
  void find_beside(const fs::path& folder, const std::set<fs::path>& known,
                   std::set<fs::path>& others) const {
    std::map<fs::path, std::set<fs::path>> ways = {{fs::path(), known}};
    for (const fs::path& part : parts_) {
      fs::path way;
      for (const fs::path& name : part) {
        if (parts_.contains(way) || known.contains(way)) break;  // what is beside it there is found otherwise
        ways[way].insert(name);
        way /= name;
      }
    }
    for (const auto& [way, names] : ways) find_others(folder, way, names, others);
  }
  // Of files of the whole those that are in none of them.
  std::set<fs::path> outside(std::set<fs::path> files) const {
    std::erase_if(files, [this](const fs::path& file) {
      fs::path way;
      return std::ranges::any_of(file, [&](const fs::path& name) { return parts_.contains(way /= name); });
    });
    return files;
  }

 private:
  std::set<fs::path> parts_;
};

void believe_links(const fs::path& folder, const OwnParts& parts, Verification& result) {
  name(parts.outside(links_below(folder)), "what links lead to",
       "it may change by itself; put the files in their place", result);
}

}  // namespace

void believe_files_beside_report(const fs::path& folder, Verification& result) {
  std::set<fs::path> others;
  const OwnParts parts(folder);
  parts.find_beside(folder, kOfAReport, others);
  find_disguised(folder, others);
  others.merge(empty_folders_below(folder));
  name(parts.outside(std::move(others)), kOthersSay, kOthersWhy, result);
  believe_links(folder, parts, result);
}

void believe_foreign_files(const fs::path& folder, const Plan& plan, const std::vector<fs::path>& beside,
                           Verification& result) {
  std::set<fs::path> inputs, others, known = kOfARun;
  known.insert(kOfAReport.begin(), kOfAReport.end());
  OwnParts parts(folder);
  parts.keep(folder, beside);
  known.insert("cache");
  if (is_lock(folder / ".lock")) known.insert(".lock");
  for (const SuiteInput& input : plan.experiment.suite.inputs) {
    const auto agent = python_agent(input.file.native());
    inputs.insert(agent ? agent->file.parent_path().filename() : input.file.filename());
    if (agent) find_others_beside(*agent, plan, others);
  }
  parts.find_beside(folder, known, others);
  find_others(folder, "inputs", inputs, others);
  find_disguised(folder, others);
  find_beside_cache(folder, plan, others);
  others.merge(empty_folders_below(folder));
  name(parts.outside(std::move(others)), kOthersSay, kOthersWhy, result);
  believe_links(folder, parts, result);
}

void verify_joined(const fs::path& folder, const ReportFolders& of, Verification& result) {
  const std::vector<std::string> names = short_names(of.folders);
  for (std::size_t i = 0; i < of.said.size(); ++i) {
    const auto& [path, name, identity] = of.said[i];
    if (const std::string here = identity_of(of.folders[i]); here != identity)
      result.wrong.push_back(
          {kJoinedFile, fmt::format("/folders/{}/identity", i), printable(identity), here});
    if (!lies_where_said(folder, of, i))
      believe(result.believed, "where results of the report lay",
              "they were found by what they hold; `offload-bench report` of the report's folder says it anew",
              printable(path));
    if (names[i] != name)
      believe(result.believed, "what folders of the report were called",
              "they are called otherwise now; `offload-bench report` of the report's folder says it anew",
              printable(name));
  }
}

}  // namespace offload
