#include "host/isolated.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "core/error.hpp"

namespace offload {
namespace {

// First byte of a result: what the rest is.
constexpr char kValue = 'v';
constexpr char kError = 'e';  // followed by the kind's digit

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  void reset(int fd) {
    close();
    fd_ = fd;
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

struct Pipe {
  Descriptor read, write;
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) fail(ErrorKind::io, "cannot make a pipe: {}", std::strerror(errno));
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
};

void write_all(int fd, const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    done += static_cast<std::size_t>(count);
  }
}

std::string error_frame(ErrorKind kind, const char* text) {
  return std::string{kError, static_cast<char>('0' + static_cast<int>(kind))} + text;
}

[[noreturn]] void run_child(const std::function<std::string()>& body, int result, int output, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  const rlimit no_core = {0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  // A sanitizer's or the caller's handler would turn the signal into an exit status.
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGINT, SIGTERM, SIGPIPE}) {
    std::signal(number, SIG_DFL);
  }
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  std::string frame;
  try {
    frame = kValue + body();
  } catch (const Error& error) {
    frame = error_frame(error.kind(), error.what());
  } catch (const std::exception& error) {
    frame = error_frame(ErrorKind::plugin, error.what());
  } catch (...) {
    frame = error_frame(ErrorKind::plugin, "unknown exception");
  }
  write_all(result, frame);
  // No exit handlers: they belong to the parent's state, and a plugin's could hang.
  ::_exit(0);
}

// Reads what is there; false at the end of the stream.
bool read_some(int fd, std::string& into) {
  std::array<char, 1 << 16> buffer;
  for (;;) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN;
    if (count == 0) return false;
    into.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
  }
}

struct Collected {
  std::string result, output;
  bool timed_out = false, too_long = false;
};

Collected collect(int pidfd, Pipe& result, Pipe& output, const IsolationLimits& limits) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                           std::chrono::duration<double>(limits.timeout_s));
  Collected all;
  for (const int fd : {result.read.get(), output.read.get()}) ::fcntl(fd, F_SETFL, O_NONBLOCK);
  pollfd watched[] = {{pidfd, POLLIN, 0}, {result.read.get(), POLLIN, 0}, {output.read.get(), POLLIN, 0}};
  for (bool exited = false; !exited;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    all.timed_out = left <= 0;
    all.too_long = all.result.size() > limits.result_bytes;
    if (all.timed_out || all.too_long) break;
    if (::poll(watched, 3, static_cast<int>(left) + 1) < 0 && errno != EINTR) break;
    exited = (watched[0].revents & POLLIN) != 0;
    for (const int i : {1, 2}) {
      std::string& into = i == 1 ? all.result : all.output;
      // After the exit everything that was written is in the pipes; before it one piece at a time.
      std::size_t before = 0;
      do {
        before = into.size();
        if (watched[i].fd >= 0 && !read_some(watched[i].fd, into)) watched[i].fd = -1;
      } while (exited && into.size() > before && into.size() <= limits.result_bytes);
    }
    if (all.output.size() > 2 * limits.output_bytes) {
      all.output.erase(0, all.output.size() - limits.output_bytes);
    }
  }
  if (all.output.size() > limits.output_bytes) all.output.erase(0, all.output.size() - limits.output_bytes);
  return all;
}

std::string what_happened(const Collected& all, int status, const IsolationLimits& limits) {
  std::string text;
  if (all.timed_out) {
    text = fmt::format("did not finish within {} s and was killed", limits.timeout_s);
  } else if (all.too_long) {
    text = fmt::format("returned more than {} bytes", limits.result_bytes);
  } else if (WIFSIGNALED(status)) {
    const char* name = ::sigabbrev_np(WTERMSIG(status));
    text = fmt::format("died of signal {} (SIG{})", WTERMSIG(status), name != nullptr ? name : "?");
  } else {
    text = fmt::format("ended the process with exit status {}", WEXITSTATUS(status));
  }
  if (!all.output.empty()) text += "; its last output: " + printable(all.output, limits.output_bytes);
  return text;
}

}  // namespace

std::string run_isolated(const std::string& subject, const std::function<std::string()>& body,
                         const IsolationLimits& limits) {
  Pipe result, output;
  std::fflush(nullptr);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) fail(ErrorKind::io, "cannot start a process: {}", std::strerror(errno));
  if (child == 0) run_child(body, result.write.get(), output.write.get(), parent);
  ::setpgid(child, child);
  result.write.close();
  output.write.close();
  // Not through <sys/pidfd.h>, whose declarations glibc 2.36 leaves without C linkage.
  const Descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  const Collected all = collect(pidfd.get(), result, output, limits);
  // The child is not reaped yet, so its group cannot have become another's.
  ::kill(-child, SIGKILL);
  ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const std::string& frame = all.result;
  const bool finished = !all.timed_out && !all.too_long && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (finished && !frame.empty() && frame[0] == kValue) return frame.substr(1);
  if (finished && frame.size() >= 2 && frame[0] == kError) {
    throw Error(static_cast<ErrorKind>(frame[1] - '0'), frame.substr(2));
  }
  fail(ErrorKind::plugin, "{}: {}", subject, what_happened(all, status, limits));
}

}  // namespace offload
