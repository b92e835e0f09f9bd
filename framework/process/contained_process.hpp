// A process that runs foreign code on a copy of this one's memory: in a session of its own, standard output
// and error in one pipe, messages in another, nothing else open. Whatever it starts ends with it, and all of
// it ends when this process does, however that ends (warden.hpp).
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "process/warden.hpp"

namespace offload {

struct ProcessEnd {
  std::optional<int> exit_code, signal;
  double peak_memory_mb = 0;  // resident, 10^6 bytes; 0 where not known
};

class ContainedProcess {
 public:
  // Runs `body` in the new process. Throws Error(io). The caller must be single-threaded.
  // `output_kept`: bytes, at most, of what it prints.
  ContainedProcess(const ContainedBody& body, std::size_t output_kept);
  ~ContainedProcess();  // kills it
  ContainedProcess(const ContainedProcess&) = delete;
  ContainedProcess& operator=(const ContainedProcess&) = delete;

  // Adds what to wait for: something to read, or the end.
  void add_to(std::vector<pollfd>& waits) const;
  // Takes in what there is to read, without waiting; at most about 2 MB.
  void read();
  // What it sent and the caller has not yet taken out.
  std::string& messages() { return messages_; }
  // What it printed, so far; of much the first and the last bytes, with how many are left out between them.
  // Few bytes that are kept are the last ones.
  std::string output() const;

  // Empty while any of it runs; then everything it wrote has been read.
  std::optional<ProcessEnd> ended();
  // It and all that it started; `ended` follows at once.
  void kill();

 private:
  int reap();  // the warden's wait status

  pid_t warden_ = -1;
  int output_ = -1, message_ = -1, end_ = -1;
  std::size_t head_kept_, tail_kept_, printed_ = 0;
  std::string head_, tail_, messages_;
};

}  // namespace offload
