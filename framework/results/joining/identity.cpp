#include "results/joining/identity.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>

#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "files/sha256.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHead = 160;  // bytes; the seal is among them
constexpr std::size_t kLookedMost = 10'000, kAll = std::numeric_limits<std::size_t>::max();  // folders in one

std::vector<fs::path> entries_in(const fs::path& folder, std::size_t most) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end && entries.size() < most;
       at.increment(error))
    entries.push_back(at->path());
  std::ranges::sort(entries);
  return entries;
}

// Of the names of a pipe or a device nothing is read, as by who reads results: opening one may not end.
std::string head_of(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return {};
  std::array<char, kHead> bytes{};
  std::ifstream in(file, std::ios::binary);
  in.read(bytes.data(), bytes.size());
  return {bytes.data(), static_cast<std::size_t>(in.gcount())};
}

std::vector<fs::path> results_in(const fs::path& folder, const char* kind) {
  std::vector<fs::path> files = entries_in(folder / kind, kAll);
  std::erase_if(files, [](const fs::path& file) { return is_temporary(file.filename().native()); });
  return files;
}

constexpr const char* kKinds[] = {"trials", "references"};

}  // namespace

std::string identity_of(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder / "suite.json", error)) return {};
  std::string all = sha256_of_file(folder / "suite.json");
  for (const char* kind : kKinds) {
    const std::vector<fs::path> files = results_in(folder, kind);
    for (const fs::path& file : files) all += '\n' + file.filename().native();
    if (files.empty()) continue;
    all += '\n' + head_of(files.front()) + '\n' + head_of(files.back());
  }
  return sha256_of(all);
}

bool goes_on(const fs::path& now, const fs::path& before) {
  std::size_t common = 0;
  for (const char* kind : kKinds) {
    for (const fs::path& file : results_in(before, kind)) {
      std::error_code error;
      if (!fs::exists(now / kind / file.filename(), error)) return false;
      ++common;
    }
  }
  return common > 0;
}

const std::string& IdentitySearch::of(const fs::path& folder) {
  const auto [at, is_new] = known_.try_emplace(folder);
  if (!is_new) return at->second;
  try {
    at->second = identity_of(folder);
  } catch (const Error&) {
    at->second.clear();  // who reads its results says why
  }
  return at->second;
}

fs::path IdentitySearch::folder_with(const std::string& identity, std::vector<fs::path> folders,
                                     const std::vector<fs::path>& around) {
  if (identity.empty()) return {};
  for (const fs::path& one : around) {
    const auto [at, is_new] = listed_.try_emplace(one);
    if (is_new) {
      at->second = entries_in(one, kLookedMost);
      std::erase_if(at->second, [](const fs::path& entry) {
        std::error_code error;
        return !fs::is_regular_file(entry / "suite.json", error);
      });
    }
    folders.insert(folders.end(), at->second.begin(), at->second.end());
  }
  const auto found = std::ranges::find_if(folders, [&](const fs::path& one) { return of(one) == identity; });
  return found == folders.end() ? fs::path() : *found;
}

}  // namespace offload
