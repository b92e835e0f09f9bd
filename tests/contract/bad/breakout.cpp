// Asks the kernel for all that an isolated agent has no business with, one call after the other, and says in
// act, as a failure, which were heard: "held", or "reached: ...". Harmless where they are heard: arguments
// that mean nothing, or what is so already. And what one call alone is no harm in: threads without end,
// memory that no limit counts, a process that stops itself, flags on what others have open. And that threads
// may ask about themselves.
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <offload/plugin.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <ctime>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

std::string reached;

// The kernel's own words for a call that it looked at: anything but that it may not be made.
void heard(const char* what, long answer) {
  if (answer < 0 && (errno == EPERM || errno == EACCES || errno == ENOSYS)) return;
  reached += std::string(" ") + what;
}

template <typename... Arguments>
void call(const char* what, long number, Arguments... arguments) {
  errno = 0;
  heard(what, ::syscall(number, arguments...));
}

constexpr long kNone = 0, kNowhere = -1;

void objects() {
  std::array<char, 256> zeros{};
  call("userfaultfd", SYS_userfaultfd, 0x8000000);
  call("io_uring", SYS_io_uring_setup, 0, zeros.data());
  call("bpf", SYS_bpf, 99, zeros.data(), zeros.size());
  call("perf", SYS_perf_event_open, zeros.data(), kNone, kNowhere, kNowhere, kNone);
  call("keyring", SYS_keyctl, kNone, -3, kNone);
  call("fanotify", SYS_fanotify_init, 0x80000000, kNone);
  call("signalfd", SYS_signalfd4, kNowhere, nullptr, kNone, kNone);
  call("timerfd", SYS_timerfd_create, 99, kNone);
  call("memfd_secret", SYS_memfd_secret, 0x80000000);
  call("pkey", SYS_pkey_alloc, 99, kNone);
  call("handle", SYS_name_to_handle_at, AT_FDCWD, "/", nullptr, nullptr, kNone);
  call("by_handle", SYS_open_by_handle_at, kNowhere, nullptr, kNone);
  call("vmsplice", SYS_vmsplice, kNowhere, nullptr, kNone, kNone);
  call("tee", SYS_tee, kNowhere, kNowhere, kNone, kNone);
  for (const int family : {AF_ALG, AF_VSOCK, AF_PACKET, AF_NETLINK, AF_UNIX}) {
    const long opened = ::syscall(SYS_socket, family, SOCK_RAW, 99);
    heard("socket", opened);
    if (opened >= 0) ::close(static_cast<int>(opened));
  }
}

void namespaces_and_mounts() {
  call("setns", SYS_setns, kNowhere, kNone);
  call("unshare", SYS_unshare, kNone);
  call("mount", SYS_mount, nullptr, nullptr, nullptr, kNone, nullptr);
  call("umount", SYS_umount2, "/nowhere", kNone);
  call("open_tree", SYS_open_tree, kNowhere, "", kNone);
  call("fsopen", SYS_fsopen, "nothing", kNone);
  call("mount_setattr", SYS_mount_setattr, kNowhere, "", kNone, nullptr, kNone);
  call("chroot", SYS_chroot, "/nowhere");
  call("pivot_root", SYS_pivot_root, "/nowhere", "/nowhere");
  call("quotactl", SYS_quotactl, 99, nullptr, kNone, nullptr);
  call("swapon", SYS_swapon, "/nowhere", kNone);
}

void programs_and_settings() {
  std::array<char, 256> zeros{};
  call("execve", SYS_execve, "/nowhere", nullptr, nullptr);
  call("execveat", SYS_execveat, kNowhere, "", nullptr, nullptr, AT_EMPTY_PATH);
  call("TIOCSTI", SYS_ioctl, kNowhere, TIOCSTI, zeros.data());
  call("settimeofday", SYS_settimeofday, nullptr, nullptr);
  call("clock_settime", SYS_clock_settime, CLOCK_MONOTONIC, nullptr);
  call("adjtimex", SYS_adjtimex, zeros.data());
  call("personality", SYS_personality, 0xffffffff);
  call("log", SYS_syslog, 10, nullptr, kNone);
  call("seccomp", SYS_seccomp, 2, kNone, zeros.data());
  call("death", SYS_prctl, PR_SET_PDEATHSIG, kNone, kNone, kNone, kNone);
  call("dumpable", SYS_prctl, PR_SET_DUMPABLE, 1, kNone, kNone, kNone);
  call("merge", SYS_prctl, 67 /*PR_SET_MEMORY_MERGE*/, kNone, kNone, kNone, kNone);
  call("mergeable", SYS_madvise, nullptr, kNone, 12 /*MADV_MERGEABLE*/);
  call("seal", SYS_fcntl, kNowhere, F_ADD_SEALS, kNone);
  call("grow", SYS_ftruncate, kNowhere, kNone);
  call("punch", SYS_fallocate, kNowhere, 3, kNone, 1L);
}

void the_host() {
  const pid_t host = ::getppid();
  const std::string folder = "/proc/" + std::to_string(host);
  std::array<char, 256> room{};
  call("pidfd_getfd", SYS_pidfd_getfd, kNowhere, kNone, kNone);
  call("pidfd_signal", SYS_pidfd_send_signal, kNowhere, kNone, nullptr, kNone);
  call("queue_signal", SYS_rt_sigqueueinfo, host, kNone, room.data());
  call("tkill", SYS_tkill, host, kNone);
  call("kcmp", SYS_kcmp, host, host, 99, kNone, kNone);
  call("move_pages", SYS_move_pages, host, kNone, nullptr, nullptr, nullptr, kNone);
  call("process_madvise", SYS_process_madvise, kNowhere, nullptr, kNone, kNone, kNone);
  call("robust_list", SYS_get_robust_list, host, room.data(), room.data() + 8);
  call("priority", SYS_setpriority, PRIO_PROCESS, host, ::getpriority(PRIO_PROCESS, static_cast<id_t>(host)));
  call("scheduler", SYS_sched_setattr, host, nullptr, kNone);
  call("policy", SYS_sched_getscheduler, host);
  call("parameters", SYS_sched_getparam, host, room.data());
  call("nice", SYS_getpriority, PRIO_PROCESS, host);
  call("group", SYS_getpgid, host);
  call("session", SYS_getsid, host);
  cpu_set_t set{};
  const long got = ::syscall(SYS_sched_getaffinity, host, sizeof set, &set);
  heard("affinity", got);
  if (got >= 0) call("set_affinity", SYS_sched_setaffinity, host, got, &set);
  if (got < 0) call("set_affinity", SYS_sched_setaffinity, host, kNone, nullptr);
  const auto clock = static_cast<int>((~static_cast<unsigned>(host) << 3) | 2);
  timespec time{};
  if (::syscall(SYS_clock_gettime, clock, &time) == 0) reached += " clock";
  if (::syscall(SYS_timer_create, clock, nullptr, nullptr) >= 0 || errno == EFAULT) reached += " timer";
  for (const char* link : {"/exe", "/cwd", "/fd/0"})
    if (::readlink((folder + link).c_str(), room.data(), room.size()) >= 0)
      reached += std::string(" ") + link;
  for (const char* file : {"/mem", "/stack", "/auxv", "/io"})
    if (const int opened = ::open((folder + file).c_str(), O_RDONLY | O_CLOEXEC); opened >= 0) {
      reached += std::string(" ") + file;
      ::close(opened);
    }
}

// Whether reading its own file, which was last read in 1970, leaves a time on it.
void times() {
  Dl_info own{};
  if (::dladdr(reinterpret_cast<void*>(&times), &own) == 0) throw std::runtime_error("no file");
  char byte = 0;
  const int file = ::open(own.dli_fname, O_RDONLY | O_CLOEXEC);
  const bool read = ::read(file, &byte, 1) == 1;
  ::close(file);
  struct stat status {};
  ::stat(own.dli_fname, &status);
  if (!read) throw std::runtime_error("its file cannot be read");
  if (status.st_atime != 0) reached += " time";
}

void threads() {
  for (int thread = 0; thread < 600; ++thread)
    std::thread([] { std::this_thread::sleep_for(std::chrono::minutes(1)); }).detach();
  std::this_thread::sleep_for(std::chrono::minutes(1));
}

void shared_memory() {
  constexpr std::size_t kBytes = std::size_t{96} << 20;
  void* memory = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  for (std::size_t at = 0; at < kBytes; at += 4096) static_cast<volatile char*>(memory)[at] = 1;
  std::this_thread::sleep_for(std::chrono::minutes(1));
}

// What sanitizers and OpenMP ask in every thread.
void own_threads() {
  int answer = -1;
  std::thread([&answer] {
    pthread_attr_t attributes;
    answer = ::pthread_getattr_np(::pthread_self(), &attributes);
    if (answer == 0) ::pthread_attr_destroy(&attributes);
  }).join();
  if (answer != 0) reached += " refused";
}

// A word for who comes later, on what it was given open.
void flags() {
  for (const int descriptor : {0, 1, 2})
    if ((::fcntl(descriptor, F_GETFL) & O_NONBLOCK) != 0) reached += " flag";
  for (const int descriptor : {0, 1, 2})
    ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
}

class Breakout final : public offload::Agent {
 public:
  Breakout(const offload::Environment&, offload::ParameterReader& parameters)
      : attempt_(parameters.text("attempt", "calls", "calls|times|threads|own_threads|memory|stop|flags",
                                 "what to try")) {}

  void act(const offload::View&, offload::Mode, std::span<std::int32_t> action) override {
    for (std::int32_t& chosen : action) chosen = 0;
    if (attempt_ == "calls") objects(), namespaces_and_mounts(), programs_and_settings(), the_host();
    if (attempt_ == "times") times();
    if (attempt_ == "threads") threads();
    if (attempt_ == "memory") shared_memory();
    if (attempt_ == "own_threads") own_threads();
    if (attempt_ == "stop") ::raise(SIGSTOP);
    if (attempt_ == "flags") flags();
    throw std::runtime_error(reached.empty() ? "held" : "reached:" + reached);
  }

 private:
  std::string attempt_;
};

}  // namespace

OFFLOAD_AGENT(Breakout, "breakout", "1.0.0", "asks the kernel for what is none of its business")
