// Ctrl-C and TERM as what runs jobs wants to know of them.
#pragma once

#include "process/signal_state.hpp"

namespace offload::cli {

// From now on SIGINT and SIGTERM are counted in the result instead of ending the process, and a closed pipe
// is a failed write. Of the main thread.
const SignalState& catch_signals();

// From now on either ends the process at once, with its exit status; nothing is lost where files appear whole
// or not at all.
void release_signals();

const SignalState& signals_so_far();

}  // namespace offload::cli
