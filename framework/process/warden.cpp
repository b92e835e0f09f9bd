#include "process/warden.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "process/memory_limit.hpp"

// Linked into the preset `coverage`, whose counts a process would else take with it.
extern "C" __attribute__((weak)) void __gcov_dump();  // NOLINT(bugprone-reserved-identifier): gcc's name

namespace offload {
namespace {

// Of the contained process, in itself and its copies.
pid_t contained_id = 0;

// Where a plugin that closes what it does not know and opens files of its own does not come across it.
constexpr int kHighMessages = 500;
constexpr int kMessages = 3, kOutput = 4, kEnd = 5, kFirstOther = 6;

void write_file(const char* name, const std::string& text) {
  const int file = open(name, O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  [[maybe_unused]] const auto written = write(file, text.data(), text.size());
  close(file);
}

// In a user namespace of its own: the same user and group as outside.
void keep_identity(uid_t user, gid_t group) {
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", std::to_string(user) + " " + std::to_string(user) + " 1");
  write_file("/proc/self/gid_map", std::to_string(group) + " " + std::to_string(group) + " 1");
}

// Like fork, into the strongest container that is allowed here.
pid_t fork_contained() {
  static constexpr unsigned long kKinds[] = {CLONE_NEWPID, CLONE_NEWPID | CLONE_NEWUSER, 0};
  static std::size_t kind = 0;  // what worked last
  const uid_t user = geteuid();
  const gid_t group = getegid();
  for (; kKinds[kind] != 0; ++kind) {
    const auto pid = static_cast<pid_t>(syscall(SYS_clone, kKinds[kind] | SIGCHLD, 0, 0, 0, 0));
    if (pid == 0 && (kKinds[kind] & CLONE_NEWUSER) != 0) keep_identity(user, group);
    if (pid >= 0 || errno == EAGAIN || errno == ENOMEM) return pid;
  }
  return fork();
}

bool leads_namespace() { return getpid() == 1; }

// Gives the pipes their numbers and closes everything else, the command's locks and other trials' pipes.
void keep_only(const WardenPipes& pipes) {
  int wanted[] = {pipes.messages, pipes.output, pipes.end};
  for (int& descriptor : wanted) descriptor = fcntl(descriptor, F_DUPFD, kFirstOther);
  for (int i = 0; i < 3; ++i) dup2(wanted[i], kMessages + i);
  closefrom(kFirstOther);
}

[[noreturn]] void run_contained(const ContainedBody& body, pid_t warden) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != warden) _exit(1);
  setsid();
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // A sanitizer's or the command's handler would turn the signal into an exit status.
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGINT, SIGTERM})
    std::signal(number, SIG_DFL);
  std::signal(SIGPIPE, SIG_IGN);
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  const int null = open("/dev/null", O_RDONLY);
  dup2(null, STDIN_FILENO);
  dup2(kOutput, STDOUT_FILENO);
  dup2(kOutput, STDERR_FILENO);
  for (const int descriptor : {null, kOutput, kEnd}) close(descriptor);
  contained_id = getpid();
  watch_memory();
  const int high = fcntl(kMessages, F_DUPFD_CLOEXEC, kHighMessages);
  if (high >= 0) close(kMessages);
  const int status = body(high >= 0 ? high : kMessages);
  std::fflush(nullptr);
  if (__gcov_dump != nullptr) __gcov_dump();
  // No exit handlers: they belong to the command's state, and a plugin's could hang.
  _exit(status);
}

// Waits until the contained process ends or nobody waits for it any more (status -1); reaps orphans.
WardenReport wait_for(pid_t contained, int children) {
  for (;;) {
    pollfd waits[] = {{children, POLLIN, 0}, {kEnd, 0, 0}};
    poll(waits, 2, -1);
    if (waits[1].revents != 0) return {-1, 0};
    signalfd_siginfo ignored;
    [[maybe_unused]] const auto got = read(children, &ignored, sizeof ignored);
    int status = 0;
    rusage usage{};
    for (pid_t ended = 0; (ended = wait4(-1, &status, WNOHANG, &usage)) > 0;) {
      if (ended == contained) return {status, std::int64_t{usage.ru_maxrss} << 10};
    }
  }
}

[[noreturn]] void run_warden(const ContainedBody& body, const WardenPipes& pipes) {
  setsid();  // the terminal's signals are for the command alone
  keep_only(pipes);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child, nullptr);
  const pid_t warden = getpid();
  const pid_t contained = fork();
  if (contained == 0) run_contained(body, warden);
  if (contained < 0) _exit(127);
  close(kMessages);
  close(kOutput);
  const WardenReport report = wait_for(contained, signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC));
  // With the first process of a namespace the kernel ends all others.
  if (!leads_namespace()) end_children();
  [[maybe_unused]] const auto written = write(kEnd, &report, sizeof report);
  if (__gcov_dump != nullptr) __gcov_dump();
  _exit(0);
}

std::vector<pid_t> children() {
  std::vector<pid_t> list;
  if (std::FILE* file = std::fopen("/proc/thread-self/children", "re")) {
    for (int pid = 0; std::fscanf(file, "%d", &pid) == 1;) list.push_back(pid);
    std::fclose(file);
  }
  return list;
}

}  // namespace

pid_t start_warden(const ContainedBody& body, const WardenPipes& pipes) {
  std::fflush(nullptr);
  const pid_t pid = fork_contained();
  if (pid == 0) run_warden(body, pipes);
  return pid;
}

void end_copy() {
  if (getpid() != contained_id) _exit(1);
}

void begin_copy() { contained_id = getpid(); }

void end_children(const std::vector<pid_t>& spared) {
  for (;;) {
    std::vector<pid_t> doomed = children();
    std::erase_if(doomed, [&spared](pid_t pid) { return std::ranges::find(spared, pid) != spared.end(); });
    if (doomed.empty()) return;
    for (const pid_t pid : doomed) kill(pid, SIGKILL);
    // Theirs are this process's children by the time that they can be reaped.
    for (const pid_t pid : doomed) {
      while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
  }
}

}  // namespace offload
