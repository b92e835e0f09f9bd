#include "report/figures/joined.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "report/text/text.hpp"

namespace offload {
namespace {

constexpr std::size_t kNamedMost = 8;

std::string last_of(const std::filesystem::path& path, std::size_t components) {
  std::vector<std::filesystem::path> parts(path.begin(), path.end());
  std::filesystem::path last;
  for (std::size_t i = parts.size() - std::min(components, parts.size()); i < parts.size(); ++i)
    last /= parts[i];
  return last.string();
}

}  // namespace

std::vector<JoinedFolder> joined_folders(const std::vector<std::filesystem::path>& folders,
                                         const std::vector<std::size_t>& trials) {
  std::vector<std::filesystem::path> paths;
  std::size_t longest = 0;
  for (const std::filesystem::path& folder : folders) {
    std::error_code error;
    std::filesystem::path path = std::filesystem::weakly_canonical(std::filesystem::absolute(folder), error);
    paths.push_back(path.has_filename() ? path : path.parent_path());
    longest =
        std::max(longest, static_cast<std::size_t>(std::distance(paths.back().begin(), paths.back().end())));
  }
  std::vector<JoinedFolder> joined;
  for (std::size_t components = 1; components <= longest; ++components) {
    joined.clear();
    std::set<std::string> names;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      joined.push_back({last_of(paths[i], components), trials[i]});
      names.insert(joined.back().name);
    }
    if (names.size() == paths.size()) break;
  }
  return joined;
}

std::string joined_sentence(const std::vector<JoinedFolder>& joined) {
  if (joined.empty()) return {};
  std::string parts;
  std::size_t rest = 0;
  for (std::size_t i = 0; i < joined.size(); ++i) {
    if (i >= kNamedMost) {
      rest += joined[i].trials;
      continue;
    }
    const char* const what = i > 0 ? "" : joined[i].trials == 1 ? " run" : " runs";
    parts += fmt::format("{}{}{} of {}", i == 0 ? "" : ", ", joined[i].trials, what,
                         text::shown(joined[i].name, 80));
  }
  if (joined.size() > kNamedMost) parts += fmt::format(", {} of {} more", rest, joined.size() - kNamedMost);
  return fmt::format("Joined of {} folders: {}", joined.size(), parts);
}

}  // namespace offload
