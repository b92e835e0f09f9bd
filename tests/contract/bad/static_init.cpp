// Harms the process that loads it, before any function of it is called, as an environment variable says.
#include <unistd.h>
#include <offload/plugin.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

const bool harmless = [] {
  const char* variable = std::getenv("OFFLOAD_TEST_HARM");
  const std::string harm = variable != nullptr ? variable : "";
  std::printf("loading with harm=%s\n", harm.c_str());
  std::fflush(stdout);
  if (harm == "exit") std::exit(0);
  if (harm == "segfault") std::raise(SIGSEGV);
  if (harm == "throw") throw 1;
  while (harm == "hang") ::pause();
  return true;
}();

class Agent final : public offload::Agent {
 public:
  void act(const offload::View&, offload::Mode, std::span<std::int32_t>) override {}
};

}  // namespace

OFFLOAD_AGENT(Agent, "static-init", "1.0.0", "harms its loader")
