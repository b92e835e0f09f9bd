#include "host/child_process.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "core/error.hpp"

namespace offload {
namespace {

struct Pipe {
  int read = -1, write = -1;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) fail(ErrorKind::io, "cannot make a pipe: {}", std::strerror(errno));
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return {ends[0], ends[1]};
}

// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void become(const char* program, char* const* arguments, int output, int status, int status_at) {
  setsid();
  const int null = open("/dev/null", O_RDONLY);
  dup2(null, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  if (status == status_at) {
    fcntl(status, F_SETFD, 0);
  } else {
    dup2(status, status_at);
  }
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  execv(program, arguments);
  _exit(127);
}

// Reads what is there and calls `take` with it. At the end of the stream closes the descriptor and sets it to
// -1, which poll passes over: else a child that closes its streams would make every wait return at once.
template <typename Take>
void drain(int& descriptor, Take take) {
  std::array<char, 1 << 16> buffer;
  while (descriptor >= 0) {
    const ssize_t got = read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return;
    if (got == 0) {
      close(descriptor);
      descriptor = -1;
    } else {
      take(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
    }
  }
}

}  // namespace

ChildProcess::ChildProcess(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                           int status_descriptor, std::size_t output_kept)
    : output_kept_(output_kept) {
  std::vector<std::string> words = {program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const Pipe output = make_pipe(), status = make_pipe();
  pid_ = fork();
  if (pid_ == 0) become(pointers[0], pointers.data(), output.write, status.write, status_descriptor);
  const int error = errno;
  close(output.write);
  close(status.write);
  output_ = output.read;
  status_ = status.read;
  if (pid_ < 0) fail(ErrorKind::io, "cannot start a worker: {}", std::strerror(error));
  end_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) {
    kill();
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  for (const int descriptor : {end_, output_, status_}) {
    if (descriptor >= 0) close(descriptor);
  }
}

void ChildProcess::read_output() {
  drain(output_, [this](std::string_view text) {
    kept_ += text;
    if (kept_.size() > output_kept_) kept_.erase(0, kept_.size() - output_kept_);
  });
}

std::vector<std::string> ChildProcess::read_status() {
  constexpr std::size_t kLongestLine = 1 << 14;
  drain(status_, [this](std::string_view text) { partial_status_ += text; });
  std::vector<std::string> lines;
  for (auto end = partial_status_.find('\n'); end != std::string::npos; end = partial_status_.find('\n')) {
    lines.push_back(partial_status_.substr(0, end));
    partial_status_.erase(0, end + 1);
  }
  // A plugin that found the pipe and fills it must not fill the command's memory.
  if (partial_status_.size() > kLongestLine) partial_status_.clear();
  return lines;
}

std::optional<ProcessEnd> ChildProcess::ended() {
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  ::kill(-pid_, SIGKILL);
  pid_ = -1;
  read_output();
  ProcessEnd end;
  if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  return end;
}

void ChildProcess::kill() {
  if (pid_ <= 0) return;
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);
}

}  // namespace offload
