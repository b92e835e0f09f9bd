// `offload-bench agent-child [--nursery] [--read PATH]... [--list FOLDER]... [-- PROGRAM ARGUMENT...]`: the
// process of an agent or a reward, from remote/remote_agent.hpp alone; or, first, the nursery of such
// processes. Shuts itself in, and then serves the plugin or becomes the program.
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "cli/verbs.hpp"
#include "core/error.hpp"
#include "process/nursery.hpp"
#include "process/sandbox.hpp"
#include "remote/agent_server.hpp"

namespace offload::cli {

int run_agent_child(int argc, char** argv) {
  int at = 2;
  std::uint64_t namespaces = 0;
  if (argc > at && std::string_view(argv[at]) == "--nursery") {
    ++at;
    serve_nursery();
    namespaces = leave_namespaces();
  }
  Channel channel = Channel::attached(kTransportDescriptor);
  SandboxSettings settings;
  for (; at + 1 < argc && std::string_view(argv[at]) == "--read"; at += 2)
    settings.readable.emplace_back(argv[at + 1]);
  for (; at + 1 < argc && std::string_view(argv[at]) == "--list"; at += 2)
    settings.listable.emplace_back(argv[at + 1]);
  settings.executes = at + 1 < argc && std::string_view(argv[at]) == "--";
  const std::uint64_t times = leave_no_times();
  channel.header().held = namespaces | times | enter_sandbox(settings);
  if (!settings.executes) serve_agent(std::move(channel));
  char** const program = argv + at + 1;
  execv(program[0], program);
  fail(ErrorKind::io, "{}: cannot be started: {}", printable(program[0], 400), std::strerror(errno));
}

}  // namespace offload::cli
