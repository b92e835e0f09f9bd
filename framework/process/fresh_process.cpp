#include "process/fresh_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <span>
#include <string_view>

#include "core/error.hpp"
#include "process/sandbox.hpp"

namespace offload {
namespace {

constexpr int kPipeBytes = 1 << 20, kPiecesAtOnce = 64;

// Beginnings of the names of variables that decide how a runtime or library computes, or where it is found;
// what else is in an environment is nobody's business.
constexpr std::string_view kPassedOn[] = {"LANG=",  "LC_",  "LD_LIBRARY_PATH=", "OFFLOAD_", "OMP_",
                                          "KMP_",   "MKL_", "OPENBLAS_",        "GOTO_",    "ATEN_",
                                          "PYTHON", "TZ=",  "ASAN_OPTIONS=",    "UBSAN_",   "TSAN_OPTIONS="};

// Texts and, behind them, the pointers that exec wants.
class Texts {
 public:
  explicit Texts(std::vector<std::string> texts) : texts_(std::move(texts)) {
    for (std::string& text : texts_) pointers_.push_back(text.data());
    pointers_.push_back(nullptr);
  }
  char* const* pointers() { return pointers_.data(); }

 private:
  std::vector<std::string> texts_;
  std::vector<char*> pointers_;
};

std::vector<std::string> passed_on(const std::vector<std::string>& settings) {
  std::vector<std::string> kept = settings;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::string_view name_of_it = text.substr(0, text.find('=') + 1);
    const auto set = [&](const std::string& setting) { return setting.starts_with(name_of_it); };
    if (std::ranges::any_of(settings, set)) continue;
    if (std::ranges::any_of(kPassedOn, [&](std::string_view name) { return text.starts_with(name); }))
      kept.emplace_back(text);
  }
  return kept;
}

void put_in_place(int descriptor, int place) {
  if (descriptor == place) {
    fcntl(descriptor, F_SETFD, 0);
  } else {
    dup2(descriptor, place);
  }
}

// Like fork, into namespaces of its own where that is allowed: as root, or with user namespaces. Kept apart
// it is none of the children that are waited for without being named.
pid_t fork_apart(std::uint64_t& namespaces, FreshProcess::Kept kept) {
  static constexpr unsigned long kApart = CLONE_NEWNET | CLONE_NEWIPC;
  static constexpr std::array kKinds = {kApart, kApart | CLONE_NEWUSER, 0UL};
  static constexpr std::array kOfNursery = {static_cast<unsigned long>(CLONE_NEWNET), 0UL};
  const unsigned long signal = kept == FreshProcess::Kept::apart ? 0 : SIGCHLD;
  const bool nursery = kept == FreshProcess::Kept::as_nursery;
  for (const unsigned long kinds : nursery ? std::span<const unsigned long>(kOfNursery) : kKinds) {
    const auto pid = static_cast<pid_t>(syscall(SYS_clone, kinds | signal, 0, 0, 0, 0));
    if (pid < 0 && kinds != 0) continue;
    namespaces = kinds == 0 ? 0 : nursery ? kHeldNetwork : kHeldNetwork | kHeldIpc;
    return pid;
  }
  return -1;
}

// Between fork and exec; another thread of this process may hold any lock, so nothing here takes one.
[[noreturn]] void become(const char* program, char* const* arguments, char* const* environment,
                         int descriptor, int output, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int number = 1; number < NSIG; ++number) std::signal(number, SIG_DFL);
  std::signal(SIGPIPE, SIG_IGN);
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  [[maybe_unused]] const int moved = chdir("/");
  put_in_place(open("/dev/null", O_RDONLY), STDIN_FILENO);
  put_in_place(output, STDOUT_FILENO);
  put_in_place(output, STDERR_FILENO);
  put_in_place(descriptor, FreshProcess::kGivenDescriptor);
  close_range(FreshProcess::kGivenDescriptor + 1, ~0U, 0);
  execve(program, arguments, environment);
  _exit(127);
}

// Between the two: goes on as the caller in a child of this process, which ends when the child does and in
// the way that it did, which it also writes to `end`; and the child with it, and it with `parent`. Returns,
// in the child, whose child that is. Takes no lock either.
pid_t stand_between(int end, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  const pid_t self = getpid();
  const auto child = static_cast<pid_t>(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
  if (child == 0) return self;
  const auto kept = static_cast<unsigned>(end);
  if (kept > 0) close_range(0, kept - 1, 0);
  close_range(kept + 1, ~0U, 0);
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  int status = 0;
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (child < 0) _exit(127);
  std::signal(SIGPIPE, SIG_IGN);
  [[maybe_unused]] const auto written = write(end, &status, sizeof status);
  if (WIFSIGNALED(status)) {
    std::signal(WTERMSIG(status), SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    kill(getpid(), WTERMSIG(status));
  }
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 127);
}

// Both ends of one that does not wait. Throws Error(io).
std::array<int, 2> quiet_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
    fail(ErrorKind::io, "cannot make a pipe: {}", std::strerror(errno));
  return ends;
}

}  // namespace

// The writing end of a pipe whose reading end stays with the object that was made for it.
class FreshProcess::Output {
 public:
  explicit Output(int& reading) {
    const std::array<int, 2> ends = quiet_pipe();
    reading = ends[0];
    fcntl(ends[1], F_SETFL, 0);
    fcntl(ends[1], F_SETPIPE_SZ, kPipeBytes);
    // Out of the way of what the child's own descriptors are to be.
    writing_ = fcntl(ends[1], F_DUPFD_CLOEXEC, kGivenDescriptor + 1);
    close(ends[1]);
  }
  ~Output() { close(writing_); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  int writing() const { return writing_; }

 private:
  int writing_ = -1;
};

FreshProcess::FreshProcess(const Beginning& beginning, int descriptor, Kept kept) : owner_(getpid()) {
  std::vector<std::string> all = {beginning.program.string()};
  all.insert(all.end(), beginning.arguments.begin(), beginning.arguments.end());
  Texts argument_texts(std::move(all)), environment_texts(passed_on(beginning.settings));
  const Output output(output_);
  const bool apart = kept == Kept::apart;
  const std::array<int, 2> end_ends = apart ? quiet_pipe() : std::array{-1, -1};
  end_ = end_ends[0];
  pid_ = output.writing() < 0 ? -1 : fork_apart(namespaces_, kept);
  if (pid_ == 0) {
    const pid_t parent = apart ? stand_between(end_ends[1], owner_) : owner_;
    become(beginning.program.c_str(), argument_texts.pointers(), environment_texts.pointers(), descriptor,
           output.writing(), parent);
  }
  const int error = errno;
  if (apart) close(end_ends[1]);
  if (pid_ > 0) return;
  close_ends();
  fail(ErrorKind::io, "cannot start {}: {}", printable(beginning.program.string(), 400),
       std::strerror(error));
}

FreshProcess::FreshProcess(Nursery& nursery, const Beginning& beginning, int descriptor,
                           std::chrono::milliseconds limit)
    : owner_(getpid()) {
  const Output output(output_);
  try {
    pid_ = nursery.born(beginning, descriptor, output.writing(), limit);
    namespaces_ = nursery.namespaces();
  } catch (const Error&) {
    close_ends();
    throw;
  }
}

FreshProcess::~FreshProcess() {
  if (!status_ && getpid() == owner_) {
    kill(pid_, SIGKILL);
    wait();
  }
  close_ends();
}

pid_t FreshProcess::itself() const {
  if (end_ < 0) return pid_;
  std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", pid_));
  pid_t child = 0;
  return children >> child ? child : pid_;
}

void FreshProcess::close_ends() const {
  close(output_);
  if (end_ >= 0) close(end_);
}

// In a copy of who started it, which cannot wait for it.
std::optional<int> FreshProcess::ended_elsewhere() {
  int status = SIGKILL;
  const ssize_t got = read(end_, &status, sizeof status);
  if (got < 0) return std::nullopt;
  status_ = status;
  pass_on_output();
  return status_;
}

std::optional<int> FreshProcess::ended() {
  if (status_) return status_;
  if (getpid() != owner_) return ended_elsewhere();
  int status = 0;
  const pid_t ended = waitpid(pid_, &status, WNOHANG | __WALL);
  if (ended == 0 || (ended < 0 && errno == EINTR)) return std::nullopt;
  // Where somebody in this process took away its end, all that is known is that it is gone.
  status_ = ended == pid_ ? status : SIGKILL;
  pass_on_output();
  return status_;
}

int FreshProcess::wait() {
  pollfd closed = {output_, POLLIN, 0};
  while (!ended()) {
    poll(&closed, 1, 20);
    pass_on_output();
    if (closed.revents == POLLHUP) sleep_until_it_ends();
  }
  return *status_;
}

// There is nothing to be heard any more, which would end every other wait at once.
void FreshProcess::sleep_until_it_ends() const {
  if (getpid() == owner_) {
    siginfo_t end{};
    waitid(P_PID, static_cast<id_t>(pid_), &end, WEXITED | WNOWAIT | __WALL);
  } else {
    pollfd said = {end_, POLLIN, 0};
    poll(&said, 1, 20);
  }
}

void FreshProcess::pass_on_output() {
  std::array<char, 1 << 16> buffer;
  // Within bounds: who prints without end must not keep this process from anything else.
  for (int piece = 0; piece < kPiecesAtOnce; ++piece) {
    const ssize_t got = read(output_, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    [[maybe_unused]] const auto written = write(STDERR_FILENO, buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace offload
