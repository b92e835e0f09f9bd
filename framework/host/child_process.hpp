// A child process of the command: its own session, standard output and error in one pipe, a status pipe, and
// a handle to wait on together with the pipes. Whatever it started goes with it.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace offload {

struct ProcessEnd {
  std::optional<int> exit_code, signal;
};

class ChildProcess {
 public:
  // Starts `program`; the child finds its status pipe at `status_descriptor`. Throws Error(io).
  ChildProcess(const std::filesystem::path& program, const std::vector<std::string>& arguments,
               int status_descriptor, std::size_t output_kept);
  ~ChildProcess();  // kills it and all of its session's group
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Descriptors to poll for reading.
  int end_descriptor() const { return end_; }
  int output_descriptor() const { return output_; }
  int status_descriptor() const { return status_; }

  // Takes in what there is to read, without waiting.
  void read_output();
  // Complete status lines that arrived since the last call.
  std::vector<std::string> read_status();
  // The last bytes printed.
  const std::string& output() const { return kept_; }

  // Empty while it runs; once it has ended, sweeps what it left behind.
  std::optional<ProcessEnd> ended();
  void kill();

 private:
  pid_t pid_ = -1;
  int end_ = -1, output_ = -1, status_ = -1;
  std::size_t output_kept_;
  std::string kept_, partial_status_;
};

}  // namespace offload
