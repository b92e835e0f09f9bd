#include "process/memory_limit.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <new>

namespace offload {
namespace {

constexpr std::int64_t kMegabyte = 1'000'000;
// Share of the limit from which on a death looks like one of memory.
constexpr double kNear = .8;

std::int64_t limit_megabytes = 0, taken_before = 0, taken_at_refusal = 0;
bool refused = false;

// Bytes of what RLIMIT_DATA counts. Without the heap: it is asked where that is at its end.
std::int64_t bytes_taken() {
  std::array<char, 256> text{};
  const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  const ssize_t got = read(file, text.data(), text.size() - 1);
  close(file);
  if (got <= 0) return 0;
  const char* at = text.data();
  char* end = nullptr;
  std::int64_t pages = 0;
  for (int column = 0; column < 6; ++column, at = end) pages = std::strtoll(at, &end, 10);
  return pages * sysconf(_SC_PAGESIZE);
}

[[noreturn]] void on_refusal() {
  if (!refused) taken_at_refusal = bytes_taken() - taken_before;
  refused = true;
  throw std::bad_alloc();
}

// Of limits that were set outside, such as by `ulimit`; 0 where there is none.
std::int64_t limit_from_outside() {
  rlim_t smallest = RLIM_INFINITY;
  for (const auto resource : {RLIMIT_DATA, RLIMIT_AS}) {
    rlimit limit{};
    getrlimit(resource, &limit);
    smallest = std::min(smallest, limit.rlim_cur);
  }
  return smallest == RLIM_INFINITY ? 0 : static_cast<std::int64_t>(smallest) / kMegabyte;
}

}  // namespace

// What the process began with does not count: a sanitizer's shadow alone is terabytes.
void limit_memory(std::int64_t megabytes) {
  taken_before = bytes_taken();
  rlimit limit{};
  getrlimit(RLIMIT_DATA, &limit);
  const auto wanted = static_cast<rlim_t>(taken_before + megabytes * kMegabyte);
  // A tighter one from outside stays, and is then what is named.
  if (wanted < limit.rlim_max) limit_megabytes = megabytes;
  limit.rlim_cur = limit.rlim_max = std::min(wanted, limit.rlim_max);
  setrlimit(RLIMIT_DATA, &limit);
}

void watch_memory() { std::set_new_handler(on_refusal); }

bool memory_was_refused() { return refused; }

std::int64_t memory_refused_at() { return refused ? std::max<std::int64_t>(taken_at_refusal, 1) : 0; }

void note_memory_refused(std::int64_t at) {
  if (at <= 0 || refused) return;
  refused = true;
  taken_at_refusal = at;
}

std::string out_of_memory(const std::string& fix) {
  const std::string had =
      refused ? fmt::format(" (had {} MB when more was refused)", taken_at_refusal / kMegabyte) : "";
  if (limit_megabytes > 0) {
    return fmt::format("needs more than the {} MB it may use{}; {}", limit_megabytes, had, fix);
  }
  if (const std::int64_t outside = limit_from_outside(); outside > 0) {
    return fmt::format("needs more than the {} MB that `ulimit` leaves it{}; raise that", outside, had);
  }
  return fmt::format("needs more memory than the system gives it{}; free some, or run fewer at once", had);
}

std::string memory_hint(const ProcessEnd& end, std::int64_t limit_mb, const std::string& fix) {
  if (!end.signal || end.peak_memory_mb <= 0) return {};
  const double peak = end.peak_memory_mb;
  if (limit_mb > 0 && peak >= kNear * static_cast<double>(limit_mb)) {
    return fmt::format(", having taken up to {:.0f} MB where it may use {} MB; {}", peak, limit_mb, fix);
  }
  if (*end.signal != SIGKILL) return {};
  return fmt::format(
      " from outside, as the system does where memory runs out; it had taken up to {:.0f} MB: run fewer at "
      "once (--jobs), "
      "or free memory",
      peak);
}

}  // namespace offload
