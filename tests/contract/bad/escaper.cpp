// Tries, in the way its parameter asks for, to reach what is none of its business, and says in act, as a
// failure, what came of it: "escaped: ..." or "held: ...". Harmless: it looks, or writes where it is told to.
#include <fcntl.h>
#include <mqueue.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <offload/plugin.hpp>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

std::string target;  // a file or folder of the test's

struct Try {
  std::string what;
  bool escaped;
};
using Tries = std::vector<Try>;

std::string verdict(const Tries& tries) {
  std::string escaped;
  for (const Try& attempt : tries) {
    if (attempt.escaped) escaped += " " + attempt.what;
  }
  return escaped.empty() ? "held" : "escaped:" + escaped;
}

bool opens(const std::string& file, int flags) {
  const int descriptor = ::open(file.c_str(), flags | O_CLOEXEC, 0600);
  if (descriptor >= 0) ::close(descriptor);
  return descriptor >= 0;
}

Tries data_file() {
  const std::string by_link = "/proc/self/root" + target;
  const std::string by_parent = "/proc/" + std::to_string(::getppid()) + "/root" + target;
  return {{"open", opens(target, O_RDONLY)},
          {"root", opens(by_link, O_RDONLY)},
          {"parent", opens(by_parent, O_RDONLY)},
          {"folder", opens(target + "/..", O_RDONLY | O_DIRECTORY)},
          {"home", opens("/etc/passwd", O_RDONLY)}};
}

Tries memory_of_others() {
  char byte = 0;
  iovec mine = {&byte, 1}, theirs = {&byte, 1};
  const std::string parent = "/proc/" + std::to_string(::getppid());
  const bool read = ::process_vm_readv(::getppid(), &mine, 1, &theirs, 1, 0) >= 0 || errno == EFAULT;
  // Of a process that is not traced it gives another reason than of one that may not be.
  const bool traces = ::ptrace(PTRACE_PEEKDATA, ::getppid(), nullptr, nullptr) >= 0 || errno == ESRCH;
  return {{"process_vm_readv", read},
          {"ptrace", traces},
          {"mem", opens(parent + "/mem", O_RDONLY)},
          {"maps", opens(parent + "/maps", O_RDONLY)},
          {"environ", opens(parent + "/environ", O_RDONLY)},
          {"pidfd", ::syscall(SYS_pidfd_open, ::getppid(), 0) >= 0}};
}

// What its process has mapped that it did not map itself: of the test it knows the file's name.
Tries mapped_data() {
  std::ifstream maps("/proc/self/maps");
  bool found = false;
  for (std::string line; std::getline(maps, line);) found = found || line.find(target) != std::string::npos;
  return {{"mapping", found}};
}

Tries network() {
  int pair[2] = {};
  return {{"inet", ::socket(AF_INET, SOCK_STREAM, 0) >= 0},
          {"inet6", ::socket(AF_INET6, SOCK_DGRAM, 0) >= 0},
          {"unix", ::socket(AF_UNIX, SOCK_STREAM, 0) >= 0},
          {"netlink", ::socket(AF_NETLINK, SOCK_RAW, 0) >= 0},
          {"pair", ::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0}};
}

Tries writing() {
  const std::string folder = target.substr(0, target.rfind('/'));
  return {{"create", opens(folder + "/made", O_WRONLY | O_CREAT)},
          {"write", opens(target, O_WRONLY)},
          {"truncate", ::truncate(target.c_str(), 0) == 0},
          {"temporary", opens("/tmp", O_RDWR | O_TMPFILE)},
          {"folder", ::mkdir((folder + "/folder").c_str(), 0700) == 0},
          {"link", ::symlink(target.c_str(), (folder + "/link").c_str()) == 0},
          {"mode", ::chmod(target.c_str(), 0600) == 0},
          {"times", ::utimensat(AT_FDCWD, target.c_str(), nullptr, 0) == 0}};
}

bool forks(long (*fork)()) {
  const long child = fork();
  if (child == 0) ::_exit(0);
  if (child > 0) ::waitpid(static_cast<pid_t>(child), nullptr, 0);
  return child > 0;
}

Tries processes() {
  return {{"fork", forks([] { return static_cast<long>(::fork()); })},
          {"clone", forks([] { return ::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); })},
          {"signal", ::kill(::getppid(), 0) == 0},
          {"everybody", ::kill(0, 0) == 0},
          {"limits", ::syscall(SYS_prlimit64, ::getppid(), 0, nullptr, nullptr) == 0}};
}

Tries shared_memory() {
  const int queue = ::msgget(IPC_PRIVATE, 0600), segment = ::shmget(IPC_PRIVATE, 4096, 0600),
            semaphore = ::semget(IPC_PRIVATE, 1, 0600);
  if (queue >= 0) ::msgctl(queue, IPC_RMID, nullptr);
  if (segment >= 0) ::shmctl(segment, IPC_RMID, nullptr);
  if (semaphore >= 0) ::semctl(semaphore, 0, IPC_RMID);
  const int named = ::shm_open("/offload-escaper", O_CREAT | O_RDWR, 0600);
  if (named >= 0) ::shm_unlink("/offload-escaper");
  const bool key = ::syscall(SYS_add_key, "user", "offload", "x", 1, -1) >= 0;
  return {{"queue", queue >= 0},
          {"segment", segment >= 0},
          {"semaphore", semaphore >= 0},
          {"named", named >= 0},
          {"memfd", ::memfd_create("x", 0) >= 0},
          {"key", key}};
}

std::string at_load = "held";

// Before anything of the plugin is asked for.
[[gnu::constructor]] void construct() {
  if (const char* written = std::getenv("OFFLOAD_TEST_WRITTEN")) std::ofstream(written) << 'x';
  const char* file = std::getenv("OFFLOAD_TEST_TARGET");
  if (file == nullptr) return;
  target = file;
  Tries tries = data_file();
  for (const Tries& more : {network(), shared_memory()}) tries.insert(tries.end(), more.begin(), more.end());
  at_load = verdict(tries);
}

void write_at_exit() { std::ofstream(target.substr(0, target.rfind('/')) + "/at-exit") << 'x'; }

// Those that somebody else opened: neither a standard stream nor what the transport is spoken over.
Tries descriptors() {
  Tries found;
  for (int descriptor = 0; descriptor < 2000; ++descriptor) {
    struct stat file {};
    if (::fstat(descriptor, &file) != 0) continue;
    const bool given = descriptor == 0   ? S_ISCHR(file.st_mode)
                       : descriptor <= 2 ? S_ISFIFO(file.st_mode)
                                         : descriptor == 3;
    found.push_back({std::to_string(descriptor), !given});
  }
  return found;
}

int lives = 0;  // of agents in this process

// Ways to leave a word for a copy to come, or to hear one.
Tries copies() {
  const int own = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  struct flock whole {};
  whole.l_type = F_RDLCK;
  const int library = ::open("/etc/ld.so.cache", O_RDONLY | O_CLOEXEC);
  const int watch = ::inotify_init1(IN_CLOEXEC);
  return {{"static", lives > 1},
          {"lock", own >= 0 && ::flock(own, LOCK_SH | LOCK_NB) == 0},
          {"flock", library >= 0 && ::flock(library, LOCK_SH | LOCK_NB) == 0},
          {"record", library >= 0 && ::fcntl(library, F_SETLK, &whole) == 0},
          {"watch", watch >= 0 && ::inotify_add_watch(watch, "/usr/lib", IN_OPEN) >= 0},
          {"file", opens("/tmp/offload-escaper", O_WRONLY | O_CREAT)}};
}

// Everything behind the transport's first block changes all the time, from now on.
void change_the_transport() {
  struct stat file {};
  if (::fstat(3, &file) != 0) throw std::runtime_error("held: there is no transport");
  void* memory =
      ::mmap(nullptr, static_cast<std::size_t>(file.st_size), PROT_READ | PROT_WRITE, MAP_SHARED, 3, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("held: it cannot be mapped");
  std::thread([bytes = static_cast<volatile std::uint32_t*>(memory)] {
    std::uint64_t chosen = 0;
    std::memcpy(&chosen, const_cast<std::uint32_t*>(bytes) + 74, sizeof chosen);
    // By turns what could be an answer and what cannot, some microseconds each.
    std::uint32_t value = 1;
    for (std::uint32_t round = 0;; ++round) {
      value = value * 1664525 + 1013904223;
      const bool valid = round / 256 % 2 == 0;
      for (std::uint64_t i = 0; i < 64; ++i) bytes[chosen / 4 + i] = valid ? value >> 31 : value;
      for (std::size_t i = 2; i < 94; ++i) bytes[i] = value;  // size, rows and offsets
      if (!valid) bytes[114] = value;                         // how long the answer is
    }
  }).detach();
}

class Escaper final : public offload::Agent {
 public:
  Escaper(const offload::Environment&, offload::ParameterReader& parameters)
      : attempt_(parameters.text("attempt", "none",
                                 "none|data|memory|mapped|network|write|process|shared|transport|load|exit|"
                                 "descriptors|copy",
                                 "what to try")) {
    const std::string named = parameters.text("target", "", nullptr, "a file of the test's");
    if (!named.empty()) target = named;
    ++lives;
  }

  void act(const offload::View&, offload::Mode, std::span<std::int32_t> action) override {
    for (std::int32_t& chosen : action) chosen = 0;
    static const std::map<std::string, Tries (*)()> attempts = {
        {"data", data_file},       {"memory", memory_of_others}, {"mapped", mapped_data},
        {"network", network},      {"write", writing},           {"process", processes},
        {"shared", shared_memory}, {"descriptors", descriptors}, {"copy", copies}};
    if (const auto found = attempts.find(attempt_); found != attempts.end())
      throw std::runtime_error(verdict(found->second()));
    if (attempt_ == "load") throw std::runtime_error(at_load);
    if (attempt_ == "exit") std::atexit(write_at_exit), std::exit(0);
    if (attempt_ == "transport" && !changing_) change_the_transport(), changing_ = true;
  }

 private:
  std::string attempt_;
  bool changing_ = false;
};

}  // namespace

OFFLOAD_AGENT(Escaper, "escaper", "1.0.0", "tries to leave its process")
