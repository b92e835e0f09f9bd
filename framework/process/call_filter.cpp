#include "process/call_filter.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>

namespace offload {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "which system calls this processor has is not known here; add its AUDIT_ARCH"
#endif

constexpr std::uint32_t kX32 = 0x40000000;  // numbers of x86-64's other table
constexpr std::uint32_t kRefused = SECCOMP_RET_ERRNO | EPERM, kUnknown = SECCOMP_RET_ERRNO | ENOSYS;

// Whatever their arguments. Nothing here reaches another process, opens or changes a file, or remembers
// something outside the process's own memory: no locks, no keys, no inotify, no mincore. In the order of how
// often.
constexpr int kAllowed[] = {
    SYS_futex, SYS_nanosleep, SYS_gettimeofday, SYS_sched_yield, SYS_mmap, SYS_munmap, SYS_mremap,
    SYS_mprotect, SYS_brk, SYS_msync, SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64,
    SYS_lseek, SYS_close, SYS_close_range, SYS_dup, SYS_dup3, SYS_pipe2, SYS_fstat, SYS_newfstatat, SYS_statx,
    SYS_statfs, SYS_fstatfs, SYS_getdents64, SYS_getcwd, SYS_chdir, SYS_readlinkat, SYS_faccessat,
    SYS_faccessat2, SYS_umask, SYS_ppoll, SYS_pselect6, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait,
    SYS_eventfd2,
    // signals and timers of its own
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigsuspend, SYS_rt_sigpending,
    SYS_rt_sigtimedwait, SYS_sigaltstack, SYS_restart_syscall, SYS_setitimer, SYS_getitimer,
    SYS_timer_settime, SYS_timer_gettime, SYS_timer_delete, SYS_timer_getoverrun, SYS_exit, SYS_exit_group,
    SYS_wait4, SYS_waitid, SYS_set_tid_address, SYS_set_robust_list, SYS_rseq, SYS_membarrier,
    SYS_sched_get_priority_max, SYS_sched_get_priority_min, SYS_getcpu, SYS_getpid, SYS_getppid, SYS_gettid,
    SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getgroups, SYS_getresuid, SYS_getresgid, SYS_capget,
    SYS_uname, SYS_sysinfo, SYS_times, SYS_getrusage, SYS_getrlimit, SYS_setrlimit, SYS_getrandom, SYS_mlock,
    SYS_munlock};
#if defined(__x86_64__)
constexpr int kAllowedToo[] = {SYS_arch_prctl, SYS_time,     SYS_stat,         SYS_lstat,
                               SYS_access,     SYS_readlink, SYS_pipe,         SYS_dup2,
                               SYS_poll,       SYS_select,   SYS_epoll_create, SYS_epoll_wait,
                               SYS_eventfd,    SYS_alarm,    SYS_pause,        SYS_getpgrp};
#else
constexpr std::array<int, 0> kAllowedToo{};
#endif

// What building needs beside these: processes, and files that come, change and go.
constexpr int kBuilding[] = {
    SYS_execve, SYS_openat, SYS_fcntl, SYS_flock, SYS_mkdirat, SYS_unlinkat, SYS_renameat2, SYS_linkat,
    SYS_symlinkat, SYS_fchmod, SYS_fchmodat, SYS_fchown, SYS_fchownat, SYS_truncate, SYS_ftruncate,
    SYS_fallocate, SYS_fsync, SYS_fdatasync, SYS_utimensat, SYS_fadvise64, SYS_sendfile, SYS_kill, SYS_tgkill,
    SYS_prlimit64, SYS_setpgid, SYS_setsid, SYS_fchdir, SYS_sync_file_range, SYS_copy_file_range,
    // make(1) sets its own identity anew; without privileges there is no other to be had.
    SYS_setresuid, SYS_setresgid, SYS_setreuid, SYS_setregid, SYS_setuid, SYS_setgid,
#if defined(__x86_64__)
    SYS_open, SYS_creat, SYS_mkdir, SYS_rmdir, SYS_unlink, SYS_rename, SYS_renameat, SYS_link, SYS_symlink,
    SYS_chmod, SYS_utime, SYS_utimes, SYS_vfork, SYS_fork
#endif
};
constexpr std::uint32_t kNamespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

class Filter {
 public:
  // `offset` into seccomp_data becomes what is compared.
  void load(std::size_t offset) {
    code_.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)));
  }
  void load_call() { load(offsetof(seccomp_data, nr)); }
  // The low half of an argument.
  void load_argument(std::size_t index) {
    load(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t));
  }
  void end(std::uint32_t verdict) { code_.push_back(BPF_STMT(BPF_RET | BPF_K, verdict)); }
  void if_equal(std::uint32_t value, std::uint32_t verdict) {
    code_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
    end(verdict);
  }
  void if_not_equal(std::uint32_t value, std::uint32_t verdict) {
    code_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0));
    end(verdict);
  }
  void if_any_bit(std::uint32_t bits, std::uint32_t verdict) {
    code_.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1));
    end(verdict);
  }
  void if_at_least(std::uint32_t value, std::uint32_t verdict) {
    code_.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, value, 0, 1));
    end(verdict);
  }
  // Where the call has this number, what `rules` add decides; they end with a verdict.
  template <typename Rules>
  void of_call(int number, const Rules& rules) {
    const std::size_t jump = code_.size();
    code_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 0));
    rules();
    code_[jump].jf = static_cast<std::uint8_t>(code_.size() - jump - 1);
  }
  // Allowed where the argument is one of these.
  void of_call_with(int number, std::size_t argument, std::initializer_list<std::uint32_t> values,
                    std::uint32_t otherwise = kRefused) {
    of_call(number, [&] {
      load_argument(argument);
      for (const std::uint32_t value : values) if_equal(value, SECCOMP_RET_ALLOW);
      end(otherwise);
    });
  }
  std::vector<sock_filter> take() { return std::move(code_); }

 private:
  std::vector<sock_filter> code_;
};

// Opening is for reading alone, so that nothing is written where Landlock is missing.
void add_opening(Filter& filter) {
  constexpr std::uint32_t kWriting = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
  const auto reads = [&filter](std::size_t flags) {
    return [&filter, flags] {
      filter.load_argument(flags);
      filter.if_any_bit(kWriting, SECCOMP_RET_ERRNO | EACCES);
      filter.end(SECCOMP_RET_ALLOW);
    };
  };
  filter.of_call(SYS_openat, reads(2));
#if defined(__x86_64__)
  filter.of_call(SYS_open, reads(1));
#endif
  filter.of_call_with(SYS_fcntl, 1,
                      {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, 1032 /*F_GETPIPE_SZ*/});
}

// Of its own memory: not to have it compared with other processes', nor pages taken out of the machine.
void add_advice(Filter& filter) {
  filter.of_call(SYS_madvise, [&] {
    filter.load_argument(2);
    for (const std::uint32_t advice : {12 /*MERGEABLE*/, 100 /*HWPOISON*/, 101 /*SOFT_OFFLINE*/})
      filter.if_equal(advice, kRefused);
    filter.end(SECCOMP_RET_ALLOW);
  });
}

void add_settings(Filter& filter) {
  add_advice(filter);
  filter.of_call_with(SYS_ioctl, 1, {TCGETS, TIOCGWINSZ, FIONREAD, FIOCLEX, FIONCLEX, FIONBIO});
  // Its flags are in memory, which no filter sees; the C library then takes clone.
  filter.of_call(SYS_clone3, [&] { filter.end(kUnknown); });
  filter.of_call_with(SYS_prctl, 0,
                      {PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, PR_GET_SECCOMP, PR_CAPBSET_READ,
                       PR_GET_NO_NEW_PRIVS, 0x53564d41 /*PR_SET_VMA*/});
}

// Clocks of this machine and of this process: what another one's says tells how far the host has come.
void add_clocks(Filter& filter) {
  constexpr std::uint32_t kOfProcesses = 1U << 31;
  const std::uint32_t own = (~static_cast<std::uint32_t>(getpid()) << 3) | 2;  // clock_getcpuclockid
  for (const int call : {SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep, SYS_timer_create}) {
    filter.of_call(call, [&] {
      filter.load_argument(0);
      filter.if_equal(own, SECCOMP_RET_ALLOW);
      filter.if_any_bit(kOfProcesses, SECCOMP_RET_ERRNO | EINVAL);
      filter.end(SECCOMP_RET_ALLOW);
    });
  }
}

// Threads, but no processes; signals to itself alone, and no word left on another process.
void add_threads(Filter& filter, bool executes) {
  filter.of_call(SYS_clone, [&] {
    filter.load_argument(0);
    filter.if_any_bit(CLONE_THREAD, SECCOMP_RET_ALLOW);
    filter.end(kRefused);
  });
  filter.of_call_with(SYS_kill, 0, {static_cast<std::uint32_t>(getpid())});
  filter.of_call_with(SYS_tgkill, 0, {static_cast<std::uint32_t>(getpid())});
  for (const int call : {SYS_prlimit64, SYS_get_robust_list, SYS_sched_getparam, SYS_sched_getscheduler,
                         SYS_getpgid, SYS_getsid})
    filter.of_call_with(call, 0, {0, static_cast<std::uint32_t>(getpid())});
  filter.of_call_with(SYS_getpriority, 1, {0, static_cast<std::uint32_t>(getpid())});
  // The C library asks for the threads of this process by their own numbers, and does without the answer of a
  // kernel that does not know the call.
  for (const int call : {SYS_sched_getaffinity, SYS_sched_setaffinity})
    filter.of_call_with(call, 0, {0, static_cast<std::uint32_t>(getpid())}, kUnknown);
  if (executes) filter.of_call(SYS_execve, [&] { filter.end(SECCOMP_RET_ALLOW); });
}

// What holds of every call, and what is allowed whatever its arguments.
Filter begun() {
  Filter filter;
  filter.load(offsetof(seccomp_data, arch));
  filter.if_not_equal(kArchitecture, SECCOMP_RET_KILL_PROCESS);
  filter.load_call();
  filter.if_at_least(kX32, kRefused);
  add_clocks(filter);
  for (const int number : kAllowed) filter.if_equal(static_cast<std::uint32_t>(number), SECCOMP_RET_ALLOW);
  for (const int number : kAllowedToo) filter.if_equal(static_cast<std::uint32_t>(number), SECCOMP_RET_ALLOW);
  return filter;
}

}  // namespace

std::vector<sock_filter> call_filter(bool executes) {
  Filter filter = begun();
  add_opening(filter);
  add_settings(filter);
  add_threads(filter, executes);
  filter.end(kRefused);
  return filter.take();
}

std::vector<sock_filter> building_filter() {
  Filter filter = begun();
  for (const int number : kBuilding) filter.if_equal(static_cast<std::uint32_t>(number), SECCOMP_RET_ALLOW);
  for (const int call :
       {SYS_sched_getaffinity, SYS_sched_setaffinity, SYS_get_robust_list, SYS_sched_getparam,
        SYS_sched_getscheduler, SYS_getpgid, SYS_getsid, SYS_getpriority})
    filter.if_equal(static_cast<std::uint32_t>(call), SECCOMP_RET_ALLOW);
  filter.of_call(SYS_clone, [&] {
    filter.load_argument(0);
    filter.if_any_bit(kNamespaces, kRefused);
    filter.end(SECCOMP_RET_ALLOW);
  });
  add_settings(filter);
  filter.end(kRefused);
  return filter.take();
}

}  // namespace offload
