// The process between the command and a contained one. It starts the contained process, waits for it, and
// ends with everything that came of it, sessions and daemons of its own included. Where the kernel allows it
// is the first process of a process namespace, so that even its own sudden death takes all along; elsewhere
// it adopts orphans and kills them, which only a kill of command and warden at the same moment escapes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>

namespace offload {

// What the contained process does; returns its exit status. `messages` is a descriptor to write to.
using ContainedBody = std::function<int(int messages)>;

// Write ends of pipes. The contained process gets `messages`, and `output` as both standard streams; every
// other descriptor is closed. The warden writes a WardenReport into `end` when the contained process ended,
// and ends everything as soon as nobody reads `end` any more.
struct WardenPipes {
  int messages = -1, output = -1, end = -1;
};

struct WardenReport {
  int status = 0;                      // as wait has it
  std::int64_t peak_memory_bytes = 0;  // resident
};

// Returns the warden's process, to be waited for, or -1 with errno. The caller must be single-threaded.
pid_t start_warden(const ContainedBody& body, const WardenPipes& pipes);

// For the contained process to call before it tells or stores anything: ends the process that calls unless it
// is the one that the warden started. A plugin may have forked and let its copy go on.
void end_copy();
// For a copy that the contained process makes of itself (copies/copy.hpp), in it: from now on it is the one.
void begin_copy();

// Kills and reaps all children of this process except `spared`, and theirs as they are handed up to it.
void end_children(const std::vector<pid_t>& spared = {});

}  // namespace offload
