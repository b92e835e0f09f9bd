// The environment: a warm step (every score remembered), a cold response query, an observation's mask.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <limits>

#include "data/dataset.hpp"
#include "plugin/instance.hpp"
#include "plugin/search.hpp"
#include "setting.hpp"
#include "suite/experiment.hpp"

namespace offload::micro {
namespace {

RewardInstance make_reward() {
  return {PluginSearch().find("tmo-weighted"), {}, plugin_environment(setting().scenario, 0, 0)};
}

// Asks for every score that an episode can come to.
void visit(ResponseMemo& memo, std::uint32_t episode, int turn, ResponseMemo::Node node,
           std::vector<std::uint16_t>& actions) {
  const Scenario& scenario = setting().scenario;
  for (int a = 0; a < scenario.actions().size(); ++a) {
    memo.score(
        node, [&] { return scenario.history(episode, turn, actions); }, a);
    if (turn + 1 == scenario.data().length(episode)) continue;
    const auto next = memo.child(node, a, scenario.data().task[scenario.data().turn(episode, turn + 1)]);
    actions.push_back(static_cast<std::uint16_t>(a));
    visit(memo, episode, turn + 1, next, actions);
    actions.pop_back();
  }
}

// One for all benchmarks: filling it asks 280 points about a million times.
ResponseMemo& warm_memo() {
  static ResponseMemo memo = [] {
    ResponseMemo filled(*setting().model, setting().scenario.actions().size(), setting().scenario.tasks(),
                        setting().scenario.turns_max(), std::size_t{1} << 30);
    std::vector<std::uint16_t> actions;
    for (const std::uint32_t e : setting().split.train) {
      visit(filled, e, 0, filled.root(setting().scenario.data().task[setting().scenario.data().turn(e, 0)]),
            actions);
    }
    return filled;
  }();
  return memo;
}

void warm_step(benchmark::State& state, const Amounts& limit) {
  const auto slots = static_cast<std::size_t>(state.range(0));
  const Scenario& scenario = setting().scenario;
  RewardInstance reward = make_reward();
  EndlessSource source(limit);
  BatchEnvironment environment(scenario, warm_memo(), reward, source, nullptr,
                               BatchEnvironment::Purpose::training, static_cast<int>(slots), 0);
  std::vector<std::vector<std::int32_t>> actions(4096, std::vector<std::int32_t>(slots));
  Random random(1);
  for (auto& row : actions) {
    for (std::int32_t& action : row) action = static_cast<std::int32_t>(random.below(9));
  }
  std::size_t next = 0;
  for (auto _ : state) {
    const double* rewards = environment.step(actions[next++ % actions.size()]).reward;
    benchmark::DoNotOptimize(rewards);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * slots));
}

// Histories with the tasks of random training episodes and random actions.
struct Query {
  std::vector<std::uint8_t> task;
  std::vector<std::uint16_t> action;
  int asked;
};

std::vector<Query> queries() {
  const Scenario& scenario = setting().scenario;
  Random random(2);
  std::vector<Query> list;
  for (int i = 0; i < 4096; ++i) {
    const std::uint32_t e = setting().split.train[random.below(setting().split.train.size())];
    Query query;
    query.task.push_back(scenario.data().task[scenario.data().turn(e, 0)]);
    const int turn = static_cast<int>(random.below(static_cast<std::uint64_t>(scenario.data().length(e))));
    for (int t = 1; t <= turn; ++t) {
      query.task.push_back(scenario.data().task[scenario.data().turn(e, t)]);
      query.action.push_back(static_cast<std::uint16_t>(random.below(9)));
    }
    query.asked = static_cast<int>(random.below(9));
    list.push_back(std::move(query));
  }
  return list;
}

void model_query(benchmark::State& state, const char* name) {
  const auto model = make_response_model(name, setting().scenario, setting().split.train, {});
  const std::vector<Query> list = queries();
  std::size_t next = 0;
  for (auto _ : state) {
    const Query& query = list[next++ % list.size()];
    benchmark::DoNotOptimize(model->score({query.task, query.action}, query.asked));
  }
  state.SetItemsProcessed(state.iterations());
}

// Strengths chosen and all: what the lens held_out does for every test episode.
void hierarchical_fit(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        make_response_model("hierarchical", setting().scenario, setting().split.train, {}));
  }
}

void knn_query(benchmark::State& state, const EpisodeTable& data, std::span<const std::uint32_t> episodes,
               const KnnSearch& search) {
  const Scenario& scenario = setting().scenario;
  const KnnModel model(data, episodes, scenario.actions(), scenario.layout(), search);
  const std::vector<Query> list = queries();
  std::size_t next = 0;
  for (auto _ : state) {
    const Query& query = list[next++ % list.size()];
    benchmark::DoNotOptimize(model.score({query.task, query.action}, query.asked));
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["distinct_points"] = static_cast<double>(model.distinct_points());
}

void knn_query(benchmark::State& state, std::size_t points, const KnnSearch& search) {
  if (points == 280) return knn_query(state, setting().scenario.data(), setting().split.train, search);
  // The first episodes of a synthetic data set that log at least this many.
  const EpisodeTable data = build_dataset(fmt::format("synthetic:{}", points / 3), 0, {});
  std::vector<std::uint32_t> episodes;
  for (std::uint32_t e = 0; e < data.episodes() && data.turn(e, 0) < points; ++e) episodes.push_back(e);
  knn_query(state, data, episodes, search);
}

// By number of points, scan or index, and instruction set; without one it is the widest.
const bool knn_queries_registered = [] {
  constexpr std::size_t kAlways = 0, kNever = std::numeric_limits<std::size_t>::max();
  for (const std::size_t points : {280U, 2'000U, 20'000U, 150'000U, 1'000'000U}) {
    const auto add = [points](const std::string& how, const KnnSearch& search) {
      benchmark::RegisterBenchmark(fmt::format("environment/cold_query/knn/{}_points{}", points, how).c_str(),
                                   [=](benchmark::State& state) { knn_query(state, points, search); });
    };
    if (points == 280) add("", {});
    add("/scan", {kNever});
    add("/index", {kAlways});
    if (points == 1'000'000) continue;
    for (const KnnKernels* kernels : knn_kernels()) {
      add(std::string("/scan/") + kernels->name, {kNever, kernels});
    }
  }
  return true;
}();

void mask(benchmark::State& state) {
  const Scenario& scenario = setting().scenario;
  std::vector<Amounts> spent;
  Random random(3);
  for (int i = 0; i < 4096; ++i) {
    spent.push_back({static_cast<std::int64_t>(random.below(12'000'000'000)),
                     static_cast<std::int64_t>(random.below(12'000'000'000))});
  }
  std::uint8_t out[9];
  std::size_t next = 0;
  for (auto _ : state) {
    const std::size_t i = next++ % spent.size();
    benchmark::DoNotOptimize(scenario.feasibility().mask(static_cast<int>(i % 5), spent[i], kTightCell, out));
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK_CAPTURE(warm_step, unlimited, kUnlimitedCell)
    ->Name("environment/warm_step/unlimited")
    ->Arg(1)
    ->Arg(32)
    ->Arg(256);
BENCHMARK_CAPTURE(warm_step, tight, kTightCell)
    ->Name("environment/warm_step/tight")
    ->Arg(1)
    ->Arg(32)
    ->Arg(256);
BENCHMARK_CAPTURE(model_query, table, "table")->Name("environment/cold_query/table");
BENCHMARK_CAPTURE(model_query, hierarchical, "hierarchical")->Name("environment/cold_query/hierarchical");
BENCHMARK(hierarchical_fit)->Name("environment/fit/hierarchical");
BENCHMARK(mask)->Name("environment/mask");

}  // namespace
}  // namespace offload::micro
