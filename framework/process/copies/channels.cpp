#include "process/copies/channels.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "process/copies/descriptors.hpp"

namespace offload {
namespace {

constexpr std::string_view kKernelObject = "anon_inode:";

bool is_channel(const char* descriptor_file, std::string_view leads_to) {
  struct stat status {};
  if (stat(descriptor_file, &status) != 0) return leads_to.starts_with(kKernelObject);
  return S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || leads_to.starts_with(kKernelObject);
}

}  // namespace

std::optional<std::set<std::string>> open_channels() {
  const std::optional<std::vector<int>> descriptors = open_descriptors();
  if (!descriptors) return std::nullopt;
  std::set<std::string> channels;
  for (const int descriptor : *descriptors) {
    DescriptorFile file(descriptor);
    const std::string_view leads_to = file.leads_to();
    if (!leads_to.empty() && is_channel(file.name(), leads_to))
      channels.insert(std::to_string(descriptor) + " " + std::string(leads_to));
  }
  return channels;
}

bool no_channels_since(const std::optional<std::set<std::string>>& before) {
  const std::optional<std::set<std::string>> now = open_channels();
  return before && now && std::ranges::includes(*before, *now);
}

}  // namespace offload
