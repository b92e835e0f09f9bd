// Loading 1,000 synthetic episodes, from JSON and from the packed copy; and the exact policies of one budget.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "core/error.hpp"
#include "core/oracle/exact_policies.hpp"
#include "core/simulation/calibration.hpp"
#include "data/dataset.hpp"
#include "data/synthetic.hpp"
#include "plugin/instance.hpp"
#include "plugin/search.hpp"
#include "setting.hpp"
#include "suite/experiment.hpp"

namespace offload::micro {
namespace {

constexpr const char* kSource = "synthetic:1000";

// Files of this process alone, gone with it.
class Files {
 public:
  Files()
      : folder_(std::filesystem::temp_directory_path() / fmt::format("offload-bench-micro-{}", ::getpid())) {
    std::filesystem::create_directories(folder_);
    write_synthetic_json(*parse_synthetic_source(kSource, 0), json());
    write_packed(build_dataset(kSource, 0, {}), packed());
  }
  ~Files() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  std::filesystem::path json() const { return folder_ / "data.json"; }
  std::filesystem::path packed() const { return folder_ / "data.packed"; }

 private:
  std::filesystem::path folder_;
};

const Files& files() {
  static const Files instance;
  return instance;
}

void read_json(benchmark::State& state) {
  const auto file = files().json();
  for (auto _ : state) benchmark::DoNotOptimize(read_dataset(file).turns());
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * std::filesystem::file_size(file)));
}

void open(benchmark::State& state) {
  const auto file = files().packed();
  for (auto _ : state) benchmark::DoNotOptimize(open_packed(file).turns());
}

void causal(benchmark::State& state) {
  const Scenario& scenario = setting().scenario;
  RewardInstance reward(PluginSearch().find("tmo-weighted"), {}, plugin_environment(scenario, 0, 0));
  const std::array<RewardModel*, 1> rewards = {&reward};
  const std::array<BudgetCell, 1> cells = {BudgetCell{"tight", kTightCell}};
  const CausalModel model = fit_causal_model(scenario, setting().split.train);
  for (auto _ : state) {
    const CausalOracle oracle(scenario, *setting().model, model, cells, rewards, {});
    double upper = oracle.cell(0).upper;
    benchmark::DoNotOptimize(upper);
  }
}

BENCHMARK(read_json)->Name("loader/json/1000_episodes")->Unit(benchmark::kMillisecond);
BENCHMARK(open)->Name("loader/open_packed/1000_episodes")->Unit(benchmark::kMicrosecond);
BENCHMARK(causal)->Name("oracle/causal/tight")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace offload::micro
