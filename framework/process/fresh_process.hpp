// A process that begins anew: another program, or this one again, that inherits nothing of this one's memory
// and of its descriptors one alone. What it prints is this process's to pass on. It ends with this process.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "process/nursery.hpp"

namespace offload {

class FreshProcess {
 public:
  // Whose child it is: this process's own, or that of a small process between the two, which ends with it and
  // as it did. has_children() (copies/copy.hpp) does not count the latter, so that copies of this process can
  // be made beside it. A nursery has a network namespace alone, which those that it begins share, and only
  // where that takes no user namespace, in which it could make them no others.
  enum class Kept { as_child, apart, as_nursery };

  // Starts the program with these arguments (its name is put before them); `descriptor` is open in it as
  // kGivenDescriptor, and of the environment it sees what runtimes and libraries are set by, and
  // the settings ("NAME=VALUE") in place of those of the same names. Throws Error(io).
  FreshProcess(const Beginning& beginning, int descriptor, Kept kept = Kept::as_child);
  // Likewise, born by a nursery of this process's, in its namespaces (leave_namespaces of sandbox.hpp).
  // Throws what it throws.
  FreshProcess(Nursery& nursery, const Beginning& beginning, int descriptor,
               std::chrono::milliseconds limit = {});
  ~FreshProcess();  // kills it
  FreshProcess(const FreshProcess&) = delete;
  FreshProcess& operator=(const FreshProcess&) = delete;

  static constexpr int kGivenDescriptor = 3;

  // Which namespaces of its own it has: kHeldNetwork, kHeldIpc (sandbox.hpp).
  std::uint64_t namespaces() const { return namespaces_; }
  // The process, or the one between.
  pid_t pid() const { return pid_; }
  // The process itself, also where one stands between; that one where the kernel does not tell.
  pid_t itself() const;

  // Its wait status once it has ended; what it printed has then been passed on. Of one that is kept apart, a
  // copy of this process made by fork may ask as well.
  std::optional<int> ended();
  // Waits for its end.
  int wait();
  // Passes on what it has printed, to this process's standard error.
  void pass_on_output();

 private:
  class Output;

  std::optional<int> ended_elsewhere();
  void close_ends() const;
  void sleep_until_it_ends() const;

  pid_t pid_ = -1;    // or of what stands between
  pid_t owner_ = -1;  // who started it
  std::uint64_t namespaces_ = 0;
  int output_ = -1;
  int end_ = -1;  // where what stands between says how it ended
  std::optional<int> status_;
};

}  // namespace offload
