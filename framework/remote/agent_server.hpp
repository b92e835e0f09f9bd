// The agent's end of the transport: a process that does nothing but load one plugin and do what the host
// asks of it (layout.hpp).
#pragma once

#include "remote/channel.hpp"

namespace offload {

// Answers until the host says `end`, and ends the process; a host that ends takes this process with it.
[[noreturn]] void serve_agent(Channel channel);

}  // namespace offload
