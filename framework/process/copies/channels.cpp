#include "process/copies/channels.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace offload {
namespace {

constexpr std::string_view kKernelObject = "anon_inode:";

bool is_channel(const std::string& descriptor_file, const std::string& leads_to) {
  struct stat status {};
  if (stat(descriptor_file.c_str(), &status) != 0) return leads_to.starts_with(kKernelObject);
  return S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || leads_to.starts_with(kKernelObject);
}

}  // namespace

std::optional<std::set<std::string>> open_channels() {
  namespace fs = std::filesystem;
  std::set<std::string> channels;
  std::error_code error;
  fs::directory_iterator at("/proc/self/fd", error);
  if (error) return std::nullopt;
  for (; at != fs::directory_iterator(); at.increment(error)) {
    if (error) return std::nullopt;
    const std::string file = at->path().native();
    std::error_code gone;
    const std::string leads_to = fs::read_symlink(file, gone).native();
    if (!gone && is_channel(file, leads_to)) channels.insert(at->path().filename().native() + " " + leads_to);
  }
  return channels;
}

bool no_channels_since(const std::optional<std::set<std::string>>& before) {
  const std::optional<std::set<std::string>> now = open_channels();
  return before && now && std::ranges::includes(*before, *now);
}

}  // namespace offload
