// Signals that asked this process to stop, as its handler counts them.
#pragma once

#include <csignal>

namespace offload {

// On the first, what runs is let come to its end and nothing more is begun; on the second all of it is ended
// at once.
struct SignalState {
  volatile std::sig_atomic_t count = 0, last = 0;
};

}  // namespace offload
