// offload-bench-micro [PLUGIN...] [--benchmark_...]: the microbenchmarks of the named plugins alone; without
// any those of all that are built in, and the environment's.
#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include "agents.hpp"
#include "core/error.hpp"
#include "files/machine.hpp"
#include "plugin/search.hpp"

int main(int argc, char** argv) {
  try {
    benchmark::Initialize(&argc, argv);
    for (const auto& [name, value] : offload::machine_facts()) benchmark::AddCustomContext(name, value);
    const offload::PluginSearch search;
    std::vector<std::filesystem::path> libraries;
    for (int i = 1; i < argc; ++i) {
      if (argv[i][0] == '-') offload::fail(offload::ErrorKind::config, "unknown option '{}'", argv[i]);
      libraries.push_back(search.find(argv[i], std::filesystem::current_path()));
    }
    if (libraries.empty()) {
      libraries = search.libraries();
    } else {
      benchmark::ClearRegisteredBenchmarks();  // the environment's
    }
    for (const auto& library : libraries) offload::micro::register_plugin(library);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
  } catch (const offload::Error& error) {
    fmt::print(stderr, "offload-bench-micro: {}\n", error.what());
    return error.exit_status();
  }
}
