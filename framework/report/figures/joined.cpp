#include "report/figures/joined.hpp"

#include <fmt/format.h>

#include "core/counted.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

constexpr std::size_t kNamedMost = 8;

}  // namespace

std::vector<JoinedFolder> joined_folders(const std::vector<std::string>& names,
                                         const std::vector<std::size_t>& trials) {
  std::vector<JoinedFolder> joined;
  for (std::size_t i = 0; i < names.size(); ++i) joined.push_back({names[i], trials[i]});
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
  return fmt::format("Joined of {}: {}", counted(joined.size(), "folder"), parts);
}

}  // namespace offload
