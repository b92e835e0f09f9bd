#include "remote/channel.hpp"

#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "core/counted.hpp"
#include "core/error.hpp"

namespace offload {
namespace {

// Longer than it takes to be woken, or two ends that sleep in turn would never come to look at one time.
constexpr std::chrono::microseconds kLook{20};
constexpr int kLooksAtOnce = 16, kInVainMost = 7;
// Once is enough where the kernel lets the other end run; not all of them do, and a third process may.
constexpr int kYields = 3;

void relax() {
#ifdef __SSE2__
  _mm_pause();
#endif
}

bool changed(std::uint32_t& word, std::uint32_t old) {
  return std::atomic_ref(word).load(std::memory_order_acquire) != old;
}

bool changes_while_looking(std::uint32_t& word, std::uint32_t old) {
  const auto until = std::chrono::steady_clock::now() + kLook;
  do {
    for (int look = 0; look < kLooksAtOnce; ++look) {
      if (changed(word, old)) return true;
      relax();
    }
  } while (std::chrono::steady_clock::now() < until);
  return false;
}

bool changes_by_yielding(std::uint32_t& word, std::uint32_t old) {
  for (int yield = 0; yield < kYields; ++yield) {
    if (changed(word, old)) return true;
    sched_yield();
  }
  return changed(word, old);
}

TransportHeader* map_shared(int descriptor, std::uint64_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, descriptor, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<TransportHeader*>(memory);
}

// One that is no standard stream and none of those that a child is given.
int sealed_memory(std::uint64_t bytes) {
  const int low = memfd_create("offload-transport", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (low < 0) return -1;
  const int descriptor = fcntl(low, F_DUPFD_CLOEXEC, kTransportDescriptor + 1);
  close(low);
  if (descriptor < 0) return -1;
  // Who could shrink it could end the other end by SIGBUS.
  if (ftruncate(descriptor, static_cast<off_t>(bytes)) == 0 &&
      fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) {
    return descriptor;
  }
  close(descriptor);
  return -1;
}

}  // namespace

Channel::Channel(int descriptor, TransportHeader* header)
    : descriptor_(descriptor), header_(header), layout_(*header) {}

Channel::Channel(const TransportHeader& header)
    : descriptor_(sealed_memory(header.bytes)), header_(nullptr), layout_(header) {
  if (descriptor_ >= 0) header_ = map_shared(descriptor_, header.bytes);
  if (header_ == nullptr) {
    const int error = errno;
    if (descriptor_ >= 0) close(descriptor_);
    fail(ErrorKind::io, "cannot share {} of memory with a process: {}", counted(header.bytes, "byte"),
         std::strerror(error));
  }
  *header_ = header;
}

Channel Channel::attached(int descriptor) {
  struct stat file {};
  if (fstat(descriptor, &file) != 0 || file.st_size < static_cast<off_t>(sizeof(TransportHeader))) {
    fail(ErrorKind::io, "descriptor {} is no transport; `offload-bench` alone starts this", descriptor);
  }
  TransportHeader* header = map_shared(descriptor, static_cast<std::uint64_t>(file.st_size));
  if (header == nullptr) fail(ErrorKind::io, "cannot map the transport: {}", std::strerror(errno));
  if (header->version != kTransportVersion || header->bytes != static_cast<std::uint64_t>(file.st_size)) {
    munmap(header, static_cast<std::size_t>(file.st_size));
    fail(ErrorKind::io, "the transport is of another version; use the host and the child of one build");
  }
  return {descriptor, header};
}

Channel::~Channel() {
  if (header_ == nullptr) return;
  munmap(header_, layout_.bytes);
  close(descriptor_);
}

Channel::Channel(Channel&& other) noexcept
    : descriptor_(other.descriptor_),
      header_(std::exchange(other.header_, nullptr)),
      layout_(other.layout_) {}

Channel& Channel::operator=(Channel&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(header_, other.header_);
  std::swap(layout_, other.layout_);
  return *this;
}

void ring(std::uint32_t& word, std::uint32_t value, const std::uint32_t& waited) {
  std::atomic_ref(word).store(value);
  if (std::atomic_ref(const_cast<std::uint32_t&>(waited)).load() == 0) return;
  syscall(SYS_futex, &word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

bool Patience::looks(std::uint32_t& word, std::uint32_t old, bool one_processor) {
  if (sleeps_ > 0) {
    --sleeps_;
    return false;
  }
  if (one_processor ? changes_by_yielding(word, old) : changes_while_looking(word, old)) {
    in_vain_ = 0;
    return true;
  }
  in_vain_ = std::min(in_vain_ + 1, kInVainMost);
  sleeps_ = (1 << in_vain_) - 1;
  return false;
}

std::uint32_t Patience::wait_while(std::uint32_t& word, std::uint32_t old, std::uint32_t& waited,
                                   std::chrono::milliseconds longest, bool one_processor) {
  if (looks(word, old, one_processor)) return std::atomic_ref(word).load();
  const auto until = std::chrono::steady_clock::now() + longest;
  std::uint32_t value = old;
  std::atomic_ref(waited).store(1);
  for (;;) {
    value = std::atomic_ref(word).load();
    const auto left = until - std::chrono::steady_clock::now();
    if (value != old || left <= left.zero()) break;
    const auto left_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(left).count();
    const timespec wait = {left_ns / 1'000'000'000, left_ns % 1'000'000'000};
    syscall(SYS_futex, &word, FUTEX_WAIT, old, &wait, nullptr, 0);
  }
  std::atomic_ref(waited).store(0);
  return value;
}

}  // namespace offload
