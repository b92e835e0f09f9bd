#include "files/machine.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>

#include "core/instruction_set.hpp"

namespace offload {
namespace {

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (!line.starts_with("model name")) continue;
    const auto colon = line.find(": ");
    if (colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

}  // namespace

std::string instruction_set() { return to_string(instruction_set_in_use()); }

std::map<std::string, std::string> machine_facts() {
  return {{"cpu", cpu_model()},
          {"instruction_set", instruction_set()},
          {"compiler", fmt::format("{} {}",
#if defined(__clang__)
                                   "clang",
#else
                                   "gcc",
#endif
                                   __VERSION__)},
          {"offload_bench", OFFLOAD_VERSION}};
}

double cpu_seconds() {
  double sum = 0;
  for (const auto who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    getrusage(who, &usage);
    sum += seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  return sum;
}

double peak_memory_mb() {
  long most = 0;
  for (const auto who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    getrusage(who, &usage);
    most = std::max(most, usage.ru_maxrss);
  }
  return static_cast<double>(most) * 1024 / 1e6;
}

}  // namespace offload
