#include "results/joining/identity.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>

#include "files/atomic_file.hpp"
#include "files/sha256.hpp"
#include "results/store.hpp"

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

std::string head_of(const fs::path& file) {
  std::array<char, kHead> bytes{};
  std::ifstream in(file, std::ios::binary);
  in.read(bytes.data(), bytes.size());
  return {bytes.data(), static_cast<std::size_t>(in.gcount())};
}

}  // namespace

std::string identity_of(const fs::path& folder) {
  const auto suite = Store(folder).read_suite();
  if (!suite) return {};
  std::string all = sha256_of(*suite);
  for (const char* kind : {"trials", "references"}) {
    std::vector<fs::path> files = entries_in(folder / kind, kAll);
    std::erase_if(files, [](const fs::path& file) { return is_temporary(file.filename().native()); });
    for (const fs::path& file : files) all += '\n' + file.filename().native();
    if (files.empty()) continue;
    all += '\n' + head_of(files.front()) + '\n' + head_of(files.back());
  }
  return sha256_of(all);
}

fs::path folder_with(const std::string& identity, std::vector<fs::path> folders,
                     const std::vector<fs::path>& around) {
  for (const fs::path& one : around) {
    std::ranges::copy_if(entries_in(one, kLookedMost), std::back_inserter(folders),
                         [](const fs::path& entry) {
                           std::error_code error;
                           return fs::exists(entry / "suite.json", error);
                         });
  }
  const auto found =
      std::ranges::find_if(folders, [&](const fs::path& one) { return identity_of(one) == identity; });
  return found == folders.end() ? fs::path() : *found;
}

}  // namespace offload
