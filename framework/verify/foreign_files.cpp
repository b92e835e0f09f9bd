#include "verify/foreign_files.hpp"

#include <algorithm>
#include <set>

#include "core/error.hpp"
#include "files/atomic_file.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNamed = 10;

const std::set<fs::path> kOfARun = {
    ".lock",       "suite.json",      "suite.toml", "report.json", "report.md",
    "report.html", "leaderboard.csv", "trials.csv", "timing.csv",  "trials",
    "references",  "checkpoints",     "inputs",     "events",      "cache"};

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
    if (!known.contains(file) && !is_temporary(file.native())) others.insert(below / file);
  }
}

}  // namespace

void believe_foreign_files(const fs::path& folder, const Suite& suite, Verification& result) {
  std::set<fs::path> inputs, others;
  for (const SuiteInput& input : suite.inputs) inputs.insert(input.file.filename());
  find_others(folder, "", kOfARun, others);
  find_others(folder, "inputs", inputs, others);
  others.merge(empty_folders_below(folder));
  name(others, "what foreign files say", "no run wrote them and nothing of them was compared; take them away",
       result);
  name(links_below(folder), "what links lead to", "it may change by itself; put the files in their place",
       result);
}

}  // namespace offload
