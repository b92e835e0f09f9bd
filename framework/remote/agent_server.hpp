// The end of the transport of a plugin in C++, an agent or a reward: a process that does nothing but load it
// and do what the host asks of it (layout.hpp).
#pragma once

#include "remote/channel.hpp"

namespace offload {

// Answers until the host says `end`, and ends the process; a host that ends takes this process with it.
[[noreturn]] void serve_agent(Channel channel);

}  // namespace offload
