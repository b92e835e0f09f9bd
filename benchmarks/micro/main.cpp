// offload-bench-micro [PLUGIN...] [--isolation none|process] [--benchmark_...]: the microbenchmarks of the
// named plugins alone, here or each in a process of its own; without any those of all that are built in, and
// the environment's.
#include <benchmark/benchmark.h>

#include <string_view>

#include "agents.hpp"
#include "cli/terminal.hpp"
#include "core/error.hpp"
#include "files/machine.hpp"
#include "plugin/search.hpp"
#include "remote/remote_process.hpp"

namespace {

bool isolates(std::string_view how) {
  if (how == "process" || how == "none") return how == "process";
  offload::fail(offload::ErrorKind::config, "--isolation: expected none or process, found '{}'",
                offload::printable(how));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    benchmark::Initialize(&argc, argv);
    for (const auto& [name, value] : offload::machine_facts()) benchmark::AddCustomContext(name, value);
    const offload::PluginSearch search;
    std::vector<std::filesystem::path> libraries;
    bool isolated = false;
    for (int i = 1; i < argc; ++i) {
      if (argv[i] == std::string_view("--isolation")) {
        isolated = isolates(++i < argc ? argv[i] : "");
        continue;
      }
      if (argv[i][0] == '-') offload::fail(offload::ErrorKind::config, "unknown option '{}'", argv[i]);
      libraries.push_back(search.find(argv[i], std::filesystem::current_path()));
    }
    if (libraries.empty()) {
      libraries = search.libraries();
    } else {
      benchmark::ClearRegisteredBenchmarks();  // the environment's
    }
    for (const auto& library : libraries) offload::micro::register_plugin({library, isolated});
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
  } catch (const offload::AgentEnded& end) {
    offload::cli::tell("offload-bench-micro: {}\n", end.what());
    return 4;
  } catch (const offload::Error& error) {
    offload::cli::tell("offload-bench-micro: {}\n", error.what());
    return error.exit_status();
  }
}
