#include "process/contained_process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "core/error.hpp"

namespace offload {
namespace {

// Of fewer bytes that are kept, there are no first ones.
constexpr std::size_t kHeadFrom = 1000;

struct Pipe {
  int read = -1, write = -1;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) fail(ErrorKind::io, "cannot make a pipe: {}", std::strerror(errno));
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return {ends[0], ends[1]};
}

void close_once(int& descriptor) {
  if (descriptor >= 0) close(descriptor);
  descriptor = -1;
}

// Reads what is there, within bounds, and calls `take` with it. At the end of the stream closes the
// descriptor and sets it to -1, which poll passes over: else a process that closes its streams would make
// every wait return at once.
template <typename Take>
void drain(int& descriptor, Take take) {
  std::array<char, 1 << 16> buffer;
  for (int piece = 0; descriptor >= 0 && piece < 16; ++piece) {
    const ssize_t got = read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return;
    if (got == 0) return close_once(descriptor);
    take(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
  }
}

// Wardens of this process: not to be taken for what a killed one left behind.
std::vector<pid_t>& wardens() {
  static std::vector<pid_t> list;
  return list;
}

}  // namespace

ContainedProcess::ContainedProcess(const ContainedBody& body, std::size_t output_kept)
    : head_kept_(output_kept >= kHeadFrom ? output_kept / 4 : 0), tail_kept_(output_kept - head_kept_) {
  // Inherits what a warden leaves that is killed itself.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const Pipe messages = make_pipe(), output = make_pipe(), end = make_pipe();
  warden_ = start_warden(body, {messages.write, output.write, end.write});
  const int error = errno;
  for (const Pipe& pipe : {messages, output, end}) close(pipe.write);
  message_ = messages.read;
  output_ = output.read;
  end_ = end.read;
  if (warden_ >= 0) {
    wardens().push_back(warden_);
    return;
  }
  for (int* descriptor : {&message_, &output_, &end_}) close_once(*descriptor);
  fail(ErrorKind::io, "cannot start a process: {}", std::strerror(error));
}

ContainedProcess::~ContainedProcess() {
  kill();
  if (warden_ > 0) reap();
  for (int* descriptor : {&message_, &output_, &end_}) close_once(*descriptor);
}

void ContainedProcess::add_to(std::vector<pollfd>& waits) const {
  for (const int descriptor : {end_, message_, output_}) waits.push_back({descriptor, POLLIN, 0});
}

void ContainedProcess::read() {
  drain(message_, [this](std::string_view text) { messages_ += text; });
  drain(output_, [this](std::string_view text) {
    printed_ += text.size();
    const std::size_t first = std::min(text.size(), head_kept_ - head_.size());
    head_ += text.substr(0, first);
    tail_ += text.substr(first);
    if (tail_.size() > tail_kept_) tail_.erase(0, tail_.size() - tail_kept_);
  });
}

std::string ContainedProcess::output() const {
  if (head_kept_ == 0 || printed_ == head_.size() + tail_.size()) return head_ + tail_;
  const std::size_t bytes = printed_ - head_.size() - tail_.size();
  const std::string gap = "\n[... " + std::to_string(bytes) + " bytes or a few more are left out ...]\n";
  return head_ + gap + tail_.substr(gap.size());
}

std::optional<ProcessEnd> ContainedProcess::ended() {
  WardenReport report{SIGKILL, 0};  // as wait would have it, after kill()
  if (end_ >= 0) {
    const ssize_t got = ::read(end_, &report, sizeof report);
    if (got < 0) return std::nullopt;
    const int warden_status = reap();
    if (got == 0) report.status = warden_status;
  } else {
    reap();
  }
  read();
  const int status = report.status;
  ProcessEnd end;
  end.peak_memory_mb = static_cast<double>(report.peak_memory_bytes) / 1e6;
  if (WIFSIGNALED(status)) {
    end.signal = WTERMSIG(status);
  } else {
    end.exit_code = WEXITSTATUS(status);
  }
  return end;
}

int ContainedProcess::reap() {
  int status = 0;
  while (waitpid(warden_, &status, 0) < 0 && errno == EINTR) {
  }
  std::erase(wardens(), warden_);
  warden_ = -1;
  if (WIFSIGNALED(status)) end_children(wardens());
  return status;
}

// The warden sees that nobody reads `end` and ends everything.
void ContainedProcess::kill() { close_once(end_); }

}  // namespace offload
