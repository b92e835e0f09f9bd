// Processes that begin anew without the time that a program takes to load. The nursery is a fresh process
// that has loaded its libraries, and nothing foreign, and then forks itself for each process asked for: all
// begin in the same state, and what one does reaches neither the nursery nor the next. They are children of
// who asks.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace offload {

class FreshProcess;

// What a process begins with: as for FreshProcess.
struct Beginning {
  std::filesystem::path program;
  std::vector<std::string> arguments;
  std::vector<std::string> settings = {};

  bool operator==(const Beginning&) const = default;
};

class Nursery {
 public:
  // Starts nothing yet.
  Nursery();
  ~Nursery();  // kills it; what was born lives on
  Nursery(const Nursery&) = delete;
  Nursery& operator=(const Nursery&) = delete;

  // A new process, in which serve_nursery returns, with `descriptor` as FreshProcess::kGivenDescriptor and
  // `output` for what it prints. The first call starts the nursery, whose program is to call serve_nursery,
  // and so does one with another beginning, or in a copy of this process. Throws Error(io), as where it took
  // longer than `limit` (0: a minute): one may be born nevertheless, so `descriptor` is of no more use. A
  // beginning whose nursery came to its end without a birth is not tried again.
  pid_t born(const Beginning& beginning, int descriptor, int output, std::chrono::milliseconds limit = {});
  // What it shares with all that it begins: kHeldNetwork (sandbox.hpp) or 0.
  std::uint64_t namespaces() const;
  // Ends the nursery: what it took counts from now on as taken by children of this process.
  void end();

 private:
  void start(const Beginning& beginning);
  bool answers(std::chrono::milliseconds limit);

  Beginning beginning_;
  std::optional<Beginning> barren_;
  bool bore_ = false;
  std::unique_ptr<FreshProcess> process_;
  int socket_ = -1;
  pid_t owner_ = -1;  // who started it
};

// In the nursery, which has one thread: returns in each process that is born, and ends the nursery when
// nobody can ask any more.
void serve_nursery();

}  // namespace offload
