// `offload-bench agent-child`: the process of an agent.
#include "cli/verbs.hpp"
#include "remote/agent_server.hpp"

namespace offload::cli {

int run_agent_child() { return serve_agent(Channel::attached(kTransportDescriptor)); }

}  // namespace offload::cli
