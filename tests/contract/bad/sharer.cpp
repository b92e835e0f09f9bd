// Counts the passes that evaluated it where a fork of its process still sees what another one wrote, and
// decides otherwise from the second pass on; kept in a variable, so does its twin, which sees none but its
// own.
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <offload/plugin.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

class Sharer final : public offload::Agent {
 public:
  Sharer(const offload::Environment& environment, offload::ParameterReader& parameters)
      : kept_(parameters.text(
            "kept", "variable",
            "variable|mapping|behind|memfd|descriptor|hidden|place|flags|child|pipe|socket|counter",
            "where the passes are counted")) {
    (void)environment;
    if (kept_ == "behind") map_a_long_name();
    if (kept_ == "mapping" || kept_ == "behind" || kept_ == "hidden")
      count_ = mapped(MAP_SHARED | MAP_ANONYMOUS, -1);
    if (kept_ == "memfd" || kept_ == "descriptor") {
      file_ = ::memfd_create("passes", 0);
      if (file_ < 0 || ::ftruncate(file_, sizeof(int)) != 0) std::abort();
    }
    if (kept_ == "memfd") count_ = mapped(MAP_SHARED, file_);
    if (kept_ == "hidden") ::mprotect(count_, sizeof(int), PROT_NONE);
    if (kept_ == "place") file_ = ::open("/proc/self/exe", O_RDONLY);
    if (kept_ == "child") start_child();
    if (kept_ == "pipe" || kept_ == "socket") start_line();
    if (kept_ == "counter") line_ = ::eventfd(1, 0);
  }

  void act(const offload::View& view, offload::Mode mode, std::span<std::int32_t> action) override {
    if (mode == offload::Mode::evaluate && !counted_) {
      counted_ = true;
      if (kept_ == "hidden") ::mprotect(count_, sizeof(int), PROT_READ | PROT_WRITE);
      seen_ = next();
    }
    for (int i = 0; i < view.size(); ++i) action[static_cast<std::size_t>(i)] = seen_ > 0 ? 1 : 0;
  }
  void observe(const offload::Transition&) {}

 private:
  static int* mapped(int flags, int file) {
    void* memory = ::mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, flags, file, 0);
    if (memory == MAP_FAILED) std::abort();
    return static_cast<int*>(memory);
  }

  // Before all other memory, of a name that the system's list of it has in four times as many characters.
  static void map_a_long_name() {
    char root[] = "/tmp/sharer-XXXXXX";
    if (::mkdtemp(root) == nullptr) std::abort();
    std::vector<std::string> folders = {root};
    for (int depth = 0; depth < 14; ++depth) {
      folders.push_back(folders.back() + "/" + std::string(250, '\n'));
      if (::mkdir(folders.back().c_str(), 0700) != 0) std::abort();
    }
    const std::string name = folders.back() + "/x";
    const int file = ::open(name.c_str(), O_RDWR | O_CREAT, 0600);
    if (file < 0 || ::ftruncate(file, 4096) != 0) std::abort();
    ::mmap(reinterpret_cast<void*>(0x10000000), 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED_NOREPLACE, file, 0);
    ::close(file);
    ::unlink(name.c_str());
    for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder) ::rmdir(folder->c_str());
  }

  // How many passes came before, as far as is seen.
  int next() {
    int before = 0;
    if (kept_ == "descriptor") {
      if (::pread(file_, &before, sizeof before, 0) != sizeof before) std::abort();
      const int after = before + 1;
      if (::pwrite(file_, &after, sizeof after, 0) != sizeof after) std::abort();
    } else if (kept_ == "place") {
      before = static_cast<int>(::lseek(file_, 0, SEEK_CUR));
      ::lseek(file_, 1, SEEK_CUR);
    } else if (kept_ == "flags") {
      const int flags = ::fcntl(STDERR_FILENO, F_GETFL);
      before = (flags & O_APPEND) != 0 ? 1 : 0;
      ::fcntl(STDERR_FILENO, F_SETFL, flags | O_APPEND);
    } else if (kept_ == "pipe" || kept_ == "socket") {
      if (::read(line_, &before, sizeof before) != sizeof before) std::abort();
      const int after = before + 1;
      if (::write(other_end_, &after, sizeof after) != sizeof after) std::abort();
    } else if (kept_ == "counter") {
      std::uint64_t passes = 0;
      if (::read(line_, &passes, sizeof passes) != sizeof passes) std::abort();
      before = static_cast<int>(passes) - 1;
      ++passes;
      if (::write(line_, &passes, sizeof passes) != sizeof passes) std::abort();
    } else if (kept_ == "child") {
      if (::write(line_, "?", 1) != 1 || ::read(line_, &before, sizeof before) != sizeof before) std::abort();
    } else {
      before = (*count_)++;
    }
    return before;
  }

  // In which the number of passes waits for the next one.
  void start_line() {
    int ends[2];
    if ((kept_ == "pipe" ? ::pipe(ends) : ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) != 0) std::abort();
    line_ = ends[0];
    other_end_ = ends[1];
    const int none = 0;
    if (::write(other_end_, &none, sizeof none) != sizeof none) std::abort();
  }

  // One that answers with the number of questions before.
  void start_child() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0) std::abort();
    if (::fork() == 0) {
      ::close(ends[0]);
      char question = 0;
      for (int count = 0; ::read(ends[1], &question, 1) == 1; ++count) {
        if (::write(ends[1], &count, sizeof count) < 0) break;
      }
      ::_exit(0);
    }
    ::close(ends[1]);
    line_ = ends[0];
  }

  std::string kept_;
  int own_ = 0, file_ = -1, line_ = -1, other_end_ = -1, seen_ = 0;
  int* count_ = &own_;
  bool counted_ = false;
};

}  // namespace

OFFLOAD_AGENT(Sharer, "sharer", "1.0.0", "counts passes in memory that forks share")
