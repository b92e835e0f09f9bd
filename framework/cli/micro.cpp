// `offload-bench micro`: hands over to offload-bench-micro beside this program, because Google Benchmark and
// the plugins' own libraries have no place in the command.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "cli/verbs.hpp"
#include "core/error.hpp"

namespace offload::cli {
namespace {

int micro(std::vector<std::string> arguments) {
  const auto program = std::filesystem::canonical("/proc/self/exe").parent_path() / "offload-bench-micro";
  std::erase(arguments, "--");
  arguments.insert(arguments.begin(), program.string());
  std::vector<char*> raw;
  for (std::string& argument : arguments) raw.push_back(argument.data());
  raw.push_back(nullptr);
  ::execv(program.c_str(), raw.data());
  fail(ErrorKind::io, "{}: {}; `./dev build` builds it (the target offload-bench-micro)", program.string(),
       std::strerror(errno));
}

}  // namespace

void add_micro(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("micro", "Microbenchmarks: act, update and score of any plugin");
  verb->prefix_command();
  verb->footer(
      "Takes ids, .so paths and FILE.py:NAME, and measures those alone; without any, all that are built in "
      "and the environment. With --isolation process they run in the sandbox of isolated rows. Flags of "
      "Google Benchmark go behind them. The JSON is what its compare.py reads.\n"
      "Example: offload-bench micro rc-ppo build/my-agent.so -- --benchmark_filter=act "
      "--benchmark_out=now.json");
  verb->callback([verb, &action] { action = [verb] { return micro(verb->remaining()); }; });
}

}  // namespace offload::cli
