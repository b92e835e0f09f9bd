// What this process has open, asked of the system without more than a copy of a process can do cheaply: every
// page that the standard library's streams and paths write to is another one in each copy.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace offload {

// Upwards; empty where the system does not say, as it cannot where foreign code has taken all descriptors.
std::optional<std::vector<int>> open_descriptors();

// The file by which an open descriptor can be asked about and opened anew: "/proc/self/fd/5".
class DescriptorFile {
 public:
  explicit DescriptorFile(int descriptor);
  const char* name() const { return name_; }
  // What it leads to, such as "pipe:[1234]"; empty where the system does not say. Valid until the next call.
  std::string_view leads_to();

 private:
  char name_[32];
  char target_[4096];
};

}  // namespace offload
