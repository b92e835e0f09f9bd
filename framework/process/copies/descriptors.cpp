#include "process/copies/descriptors.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>

namespace offload {

std::optional<std::vector<int>> open_descriptors() {
  const int folder = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return std::nullopt;
  std::vector<int> descriptors;
  alignas(dirent64) char entries[2048];
  ssize_t size = 0;
  while ((size = getdents64(folder, entries, sizeof entries)) > 0) {
    for (const char* at = entries; at < entries + size;) {
      const auto* entry = reinterpret_cast<const dirent64*>(at);
      const char* const end = entry->d_name + std::strlen(entry->d_name);
      int descriptor = -1;
      if (std::from_chars(entry->d_name, end, descriptor).ptr == end && descriptor != folder)
        descriptors.push_back(descriptor);
      at += entry->d_reclen;
    }
  }
  close(folder);
  if (size < 0) return std::nullopt;
  std::sort(descriptors.begin(), descriptors.end());
  return descriptors;
}

DescriptorFile::DescriptorFile(int descriptor) {
  std::snprintf(name_, sizeof name_, "/proc/self/fd/%d", descriptor);
}

std::string_view DescriptorFile::leads_to() {
  const ssize_t size = readlink(name_, target_, sizeof target_);
  return {target_, size < 0 ? 0 : static_cast<std::size_t>(size)};
}

}  // namespace offload
