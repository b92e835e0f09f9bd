// Harms the process it runs in, in the way its parameter asks for, while it decides and learns like its
// harmless self: what is contained must not change a bit of its results.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xmmintrin.h>

#include <offload/plugin.hpp>

#include <cfenv>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <locale>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr const char* kHarms =
    "none|observe|update|steps|segfault|stack|abort|terminate|exit|exec|destroy|loop|sleep|allocate|double-"
    "free|"
    "overrun|print-abort|print|close|close-all|locale|rounding|flush|descriptors|threads|fork|fork-abort|"
    "umask|append|"
    "children|"
    "scalar";

void print_megabytes() {
  const std::string line(1023, 'x');
  for (int i = 0; i < 8 << 10; ++i) std::puts(line.c_str());
  std::puts("the last words");
}

void wait_for_ever(const char* name) {
  ::prctl(PR_SET_NAME, name);
  for (;;) ::pause();
}

// A child, a daemon in a session of its own, and one whose parent is gone, each ignoring polite signals.
void start_children(const char* name) {
  std::signal(SIGTERM, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  if (::fork() == 0) wait_for_ever(name);
  if (::fork() == 0) {
    ::setsid();
    if (::fork() != 0) ::_exit(0);
    wait_for_ever(name);
  }
}

// The copy goes on and could store what this process does not live to store.
void abort_after_copy() {
  const pid_t copy = ::fork();
  if (copy == 0) return;
  ::waitpid(copy, nullptr, 0);
  std::abort();
}

// Behind the ends of blocks, where the allocator keeps its books; of many, as one may fill a gap in the heap
// whose neighbour nobody frees.
void overrun() {
  char* volatile blocks[64];
  for (char* volatile& block : blocks) block = static_cast<char*>(std::malloc(2000));
  for (char* volatile& block : blocks) std::memset(block, 1, 2016);
  for (char* volatile& block : blocks) std::free(block);
}

void double_free() {
  void* volatile block = std::malloc(64);
  std::free(block);
  std::free(block);
}

// What is taken counts, written to or not; written to, it would be most of what the tests take.
void allocate() {
  std::vector<std::unique_ptr<char[]>> all;
  for (;;) all.emplace_back(new char[1 << 20]);
}

// A real one: the undefined-behaviour sanitizer would end the process in its own way first.
__attribute__((no_sanitize("undefined"))) void segfault() { *static_cast<volatile int*>(nullptr) = 1; }

// Recursion without end, which the compiler cannot turn into a loop.
int fill_stack(int depth) {
  volatile char frame[4096];
  frame[depth % 4096] = 1;
  return depth < 0 ? 0 : fill_stack(depth + 1) + frame[depth % 4096];
}

void loop() {
  for (volatile bool go = true; go;) {
  }
}

void leak_descriptors() {
  while (::open("/dev/null", O_RDONLY) >= 0) {
  }
}

void change_locale() {
  for (const char* name : {"de_DE.UTF-8", "C.UTF-8"}) {
    if (std::setlocale(LC_ALL, name) == nullptr) continue;
    std::locale::global(std::locale(name));
    return;
  }
}

void harm(const std::string& kind, const char* name) {
  static const std::map<std::string, void (*)()> harms = {
      {"segfault", segfault},
      {"stack", [] { std::printf("%d", fill_stack(0)); }},
      {"abort", [] { std::abort(); }},
      {"terminate", [] { std::thread([] { throw std::runtime_error("nobody catches it"); }).join(); }},
      {"exit", [] { std::exit(0); }},
      {"exec", [] { ::execlp("true", "true", nullptr); }},
      {"loop", loop},
      {"sleep", [] { ::sleep(1000); }},
      {"allocate", allocate},
      {"double-free", double_free},
      {"overrun", overrun},
      {"print", print_megabytes},
      {"print-abort", [] { print_megabytes(), std::fflush(stdout), std::abort(); }},
      {"close",
       [] {
         for (const int standard : {0, 1, 2}) ::close(standard);
       }},
      {"close-all", [] { ::closefrom(0); }},
      {"locale", change_locale},
      {"rounding", [] { std::fesetround(FE_UPWARD); }},
      {"flush", [] { _mm_setcsr(_mm_getcsr() | 0x8040); }},
      {"descriptors", leak_descriptors},
      {"threads",
       [] {
         std::thread([] {
           for (;;) ::pause();
         }).detach();
       }},
      {"fork-abort", abort_after_copy},
      {"umask", [] { ::umask(0777); }},
      {"fork", [] { [[maybe_unused]] const pid_t copy = ::fork(); }},
  };
  if (const auto found = harms.find(kind); found != harms.end()) found->second();
  if (kind == "children") start_children(name);
  if (kind == "append") std::ofstream(name, std::ios::app) << 'x';
}

class Hostile final : public offload::Agent {
 public:
  Hostile(const offload::Environment&, offload::ParameterReader& parameters)
      : harm_(parameters.text("harm", "none", kHarms, "what to do")),
        evaluating_(parameters.boolean("evaluating", false, "do it when evaluated, not when trained")),
        name_(parameters.text("name", "hostile", nullptr,
                              "of the processes it starts, or of the file it appends to")) {}
  ~Hostile() override {
    if (harm_ == "destroy") std::abort();
  }

  void act(const offload::View& view, offload::Mode mode, std::span<std::int32_t> action) override {
    for (int i = 0; i < view.size(); ++i) action[static_cast<std::size_t>(i)] = updates_ % 2;
    const bool every_time = harm_ == "rounding" || harm_ == "flush";
    const bool evaluated = mode == offload::Mode::evaluate;
    const bool first = evaluating_ ? evaluated && !done_ && updates_ > kHarmless : updates_ == kHarmless;
    done_ = done_ || first;
    if (first || every_time) harm(harm_, name_.c_str());
  }
  void observe(const offload::Transition&) {
    if (harm_ == "observe") throw std::runtime_error("cannot look");
  }
  std::int64_t update() {
    if (harm_ == "update") throw std::runtime_error("cannot learn");
    ++updates_;
    return harm_ == "steps" ? std::numeric_limits<std::int64_t>::max() : 1;
  }
  std::vector<offload::Scalar> scalars() const {
    return {{"loss", harm_ == "scalar" ? std::numeric_limits<double>::infinity() : .5}};
  }

 private:
  static constexpr int kHarmless = 10;  // updates before the harm
  std::string harm_;
  bool evaluating_, done_ = false;
  std::string name_;
  int updates_ = 0;
};

}  // namespace

OFFLOAD_AGENT(Hostile, "hostile", "1.0.0", "harms its process")
