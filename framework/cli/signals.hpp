// Ctrl-C and TERM as a campaign wants to know of them.
#pragma once

#include "campaign/campaign.hpp"

namespace offload::cli {

// From now on SIGINT and SIGTERM are counted in the result instead of ending the process, and a closed pipe
// is a failed write. Of the main thread, once.
const SignalState& catch_signals();

}  // namespace offload::cli
