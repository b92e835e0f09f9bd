#include "check/shifted_clock.hpp"

#include <dlfcn.h>
#include <sys/time.h>

#include <atomic>
#include <ctime>

namespace offload {
namespace {

std::atomic<std::int64_t> shift_s = 0;

using GetTime = int (*)(clockid_t, timespec*);

// The C library's, which asks no kernel. Looked up at the first call, which may come before anything of this
// program is initialised.
GetTime original() {
  static constinit std::atomic<GetTime> found = nullptr;
  GetTime get = found.load(std::memory_order_relaxed);
  if (get == nullptr) {
    get = reinterpret_cast<GetTime>(dlsym(RTLD_NEXT, "clock_gettime"));
    found.store(get, std::memory_order_relaxed);
  }
  return get;
}

bool tells_the_time(clockid_t clock) {
  return clock != CLOCK_PROCESS_CPUTIME_ID && clock != CLOCK_THREAD_CPUTIME_ID && clock >= 0;
}

}  // namespace

void shift_clocks(std::int64_t by_s) { shift_s += by_s; }

}  // namespace offload

#define OFFLOAD_IN_PLACE_OF_LIBC extern "C" __attribute__((visibility("default")))

OFFLOAD_IN_PLACE_OF_LIBC int clock_gettime(clockid_t clock, timespec* at) noexcept {
  const int status = offload::original()(clock, at);
  if (status == 0 && offload::tells_the_time(clock)) at->tv_sec += offload::shift_s;
  return status;
}

OFFLOAD_IN_PLACE_OF_LIBC int gettimeofday(timeval* __restrict at, void* __restrict zone) noexcept {
  if (zone != nullptr) *static_cast<struct timezone*>(zone) = {};
  timespec now{};
  const int status = clock_gettime(CLOCK_REALTIME, &now);
  *at = {now.tv_sec, now.tv_nsec / 1000};
  return status;
}

OFFLOAD_IN_PLACE_OF_LIBC time_t time(time_t* at) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (at != nullptr) *at = now.tv_sec;
  return now.tv_sec;
}
