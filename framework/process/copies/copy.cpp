#include "process/copies/copy.hpp"

#include <semaphore.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <new>
#include <stdexcept>

#include "core/error.hpp"
#include "process/copies/open_files.hpp"
#include "process/memory_limit.hpp"
#include "process/warden.hpp"

// Linked into the preset `coverage`, whose counts a process would else take with it.
extern "C" __attribute__((weak)) void __gcov_dump();  // NOLINT(bugprone-reserved-identifier): gcc's name

namespace offload {
namespace {

constexpr std::size_t kBytesMost = std::size_t{1} << 30, kBytesLeast = std::size_t{1} << 24;
constexpr long kLookEvery_ns = 20'000'000;

// First byte of an answer: what the rest is.
constexpr char kValue = 'v', kError = 'e', kException = 'x', kMemory = 'm';

// Bytes in memory that copies share with the process that they come from. Takes room only where written.
class SharedBytes {
 public:
  SharedBytes() {
    void* memory = MAP_FAILED;
    for (size_ = kBytesMost; memory == MAP_FAILED && size_ >= kBytesLeast; size_ /= 2) {
      memory =
          mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (memory != MAP_FAILED) break;
    }
    if (memory == MAP_FAILED) fail(ErrorKind::io, "cannot share memory: {}", std::strerror(errno));
    head_ = static_cast<Head*>(memory);
  }
  ~SharedBytes() { munmap(head_, size_); }
  SharedBytes(const SharedBytes&) = delete;
  SharedBytes& operator=(const SharedBytes&) = delete;

  bool fits(std::size_t bytes) const { return bytes <= size_ - sizeof(Head); }
  void put(std::string_view bytes) {
    std::memcpy(head_ + 1, bytes.data(), bytes.size());
    head_->bytes = bytes.size();
    head_->complete = 1;
  }
  // What was put; empty where nothing was put to its end.
  std::optional<std::string> look() const {
    if (head_->complete != 1 || !fits(head_->bytes)) return std::nullopt;
    return std::string(reinterpret_cast<const char*>(head_ + 1), head_->bytes);
  }
  // The same, once, and leaves nothing of it, for more to come.
  std::optional<std::string> take() {
    std::optional<std::string> bytes = look();
    madvise(head_, size_, MADV_REMOVE);
    head_->complete = 0;
    return bytes;
  }

 private:
  struct Head {
    std::size_t bytes;
    int complete;
  };
  std::size_t size_ = 0;
  Head* head_;
};

// What a body came to, as an answer: behind its kind, the memory that was refused, 0 for none.
std::string answer_of(const std::function<std::string()>& body) {
  std::string text;
  char kind = kValue;
  try {
    text = body();
  } catch (const std::bad_alloc&) {
    kind = kMemory;
  } catch (const Error& error) {
    kind = kError;
    text = static_cast<char>('0' + static_cast<int>(error.kind())) + std::string(error.what());
  } catch (const std::exception& error) {
    kind = kException;
    text = error.what();
  } catch (...) {
    kind = kException;
    text = "unknown exception";
  }
  const std::int64_t refused = memory_refused_at();
  std::string answer(1, kind);
  answer.append(reinterpret_cast<const char*>(&refused), sizeof refused);
  return answer + text;
}

std::string value_of(const std::string& answer) {
  std::int64_t refused = 0;
  std::memcpy(&refused, answer.data() + 1, sizeof refused);
  note_memory_refused(refused);
  std::string text = answer.substr(1 + sizeof refused);
  if (answer[0] == kValue) return text;
  if (answer[0] == kMemory) throw std::bad_alloc();
  if (answer[0] == kError) throw Error(static_cast<ErrorKind>(text[0] - '0'), text.substr(1));
  throw std::runtime_error(text);
}

void flush() {
  std::fflush(nullptr);
  if (__gcov_dump != nullptr) __gcov_dump();
}

[[noreturn]] void answer_and_end(const std::function<std::string()>& body, SharedBytes& shared,
                                 pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  begin_copy();
  std::string answer = answer_of([&body] {
    open_files_anew();
    return body();
  });
  end_copy();
  flush();
  if (!shared.fits(answer.size())) {
    answer = answer_of(
        []() -> std::string { fail(ErrorKind::plugin, "an evaluation's answer has more than 1 GiB"); });
  }
  shared.put(answer);
  // No exit handlers: a plugin's could hang.
  _exit(0);
}

// Waits for the end of a copy even where a plugin gave up its children's ends (SIGCHLD ignored).
class KeptChildren {
 public:
  KeptChildren() {
    struct sigaction usual {};
    usual.sa_handler = SIG_DFL;
    sigaction(SIGCHLD, &usual, &before_);
  }
  ~KeptChildren() { sigaction(SIGCHLD, &before_, nullptr); }
  KeptChildren(const KeptChildren&) = delete;
  KeptChildren& operator=(const KeptChildren&) = delete;

 private:
  struct sigaction before_ {};
};

std::string answer_of_copy(const std::function<std::string()>& body) {
  end_copy();
  SharedBytes shared;
  const KeptChildren kept;
  std::fflush(nullptr);
  const pid_t parent = getpid(), copy = fork();
  if (copy == 0) answer_and_end(body, shared, parent);
  if (copy < 0) fail(ErrorKind::io, "cannot start a process: {}", std::strerror(errno));
  int status = 0;
  while (waitpid(copy, &status, 0) < 0) {
    if (errno != EINTR) fail(ErrorKind::plugin, "a plugin took away the end of an evaluation's process");
  }
  std::optional<std::string> answer = shared.look();
  if (!answer || !WIFEXITED(status) || WEXITSTATUS(status) != 0 || answer->size() <= sizeof(std::int64_t)) {
    end_like(status);
  }
  return std::move(*answer);
}

}  // namespace

// The folder of the threads has a link per thread beside its own two; asking for it takes no descriptor.
bool single_threaded() {
  struct stat tasks {};
  return stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink == 3;
}

bool has_children() {
  siginfo_t child{};
  return waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == 0;
}

void ask_for_one_thread() {
  for (const char* name : {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"})
    setenv(name, "1", 0);
}

void end_like(int status) {
  flush();
  if (WIFSIGNALED(status)) {
    const int number = WTERMSIG(status);
    std::signal(number, SIG_DFL);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_UNBLOCK, &all, nullptr);
    kill(getpid(), number);
  }
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

std::string run_in_copy(const std::function<std::string()>& body) { return value_of(answer_of_copy(body)); }

// Requests go one way, answers the other; a semaphore each says that there is one.
struct SpareProcess::Line {
  struct Bells {
    sem_t asked, answered;
  };

  Line()
      : bells(static_cast<Bells*>(
            mmap(nullptr, sizeof(Bells), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    if (bells == MAP_FAILED) fail(ErrorKind::io, "cannot share memory: {}", std::strerror(errno));
    sem_init(&bells->asked, 1, 0);
    sem_init(&bells->answered, 1, 0);
  }
  ~Line() { munmap(bells, sizeof(Bells)); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  [[noreturn]] void serve(const Body& body, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    begin_copy();
    for (;;) {
      while (sem_wait(&bells->asked) != 0) {
      }
      const std::optional<std::string> request = bytes.take();
      if (!request) _exit(1);
      bytes.put(answer_of_copy([&] { return body(*request); }));
      sem_post(&bells->answered);
    }
  }

  SharedBytes bytes;
  Bells* bells;
};

SpareProcess::SpareProcess(const Body& body) {
  ask_for_one_thread();
  try {
    line_ = std::make_unique<Line>();
  } catch (const Error&) {
    return;
  }
  std::fflush(nullptr);
  const pid_t parent = getpid();
  // Without a signal at its end, so that a plugin that waits for all of its children does not wait for it.
  pid_ = static_cast<pid_t>(syscall(SYS_clone, 0, 0, 0, 0, 0));
  if (pid_ == 0) line_->serve(body, parent);
}

SpareProcess::~SpareProcess() { end(); }

void SpareProcess::end() {
  if (pid_ <= 0) return;
  end_copy();  // one that a plugin let go on has no say in it
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, __WALL) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

bool SpareProcess::gone() {
  if (pid_ <= 0) return true;
  if (waitpid(pid_, nullptr, __WALL | WNOHANG) == 0) return false;
  pid_ = -1;
  return true;
}

std::optional<std::string> SpareProcess::run(std::string_view request) {
  end_copy();
  if (!line_ || gone() || !line_->bytes.fits(request.size())) return std::nullopt;
  line_->bytes.put(request);
  sem_post(&line_->bells->asked);
  for (;;) {
    timespec until{};
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += kLookEvery_ns;
    if (until.tv_nsec >= 1'000'000'000) until.tv_nsec -= 1'000'000'000, ++until.tv_sec;
    if (sem_timedwait(&line_->bells->answered, &until) == 0) break;
    int status = 0;
    if (waitpid(pid_, &status, __WALL | WNOHANG) == 0) continue;
    pid_ = -1;
    end_like(status);  // it ended as its copy did
  }
  const std::optional<std::string> answer = line_->bytes.take();
  if (!answer || answer->size() <= sizeof(std::int64_t)) return std::nullopt;
  return value_of(*answer);
}

}  // namespace offload
