// Bounds of worlds with known outcomes, on a table as large as BFCL's: 1,700 queries, six arms.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

#include "core/routing/hindsight.hpp"
#include "offload/random.hpp"

namespace offload::micro {
namespace {

constexpr std::size_t kRoutingQueries = 1700, kRoutingArms = 6;

// Right or wrong; latencies of .3 to several seconds, costs that differ by tens between arms.
OutcomeTable known_outcomes() {
  Random random(5);
  OutcomeTable table;
  for (std::size_t a = 0; a < kRoutingArms; ++a) table.arms.push_back({"arm" + std::to_string(a), ""});
  for (std::size_t q = 0; q < kRoutingQueries; ++q) {
    table.known.push_back((1U << kRoutingArms) - 1);
    const double ease = random.uniform();
    for (std::size_t a = 0; a < kRoutingArms; ++a) {
      const double skill = .3 + .1 * static_cast<double>(a);
      table.quality.push_back(random.uniform() < (ease + skill) / 1.4 ? 1 : 0);
      table.latency_ns.push_back(static_cast<std::int64_t>(3e8 + 7e8 * random.gamma(2)));
      const double usd = 2e-5 * static_cast<double>(1U << a) * (.5 + random.gamma(3) / 6);
      table.cost_pusd.push_back(static_cast<std::int64_t>(1e12 * usd));
    }
  }
  return table;
}

void hindsight(benchmark::State& state, const Amounts& limit) {
  const OutcomeTable table = known_outcomes();
  const auto turns = static_cast<std::size_t>(state.range(0));
  const std::size_t sessions = kRoutingQueries / turns;
  std::int64_t exact = 0, totals = 0;
  for (auto _ : state) {
    exact = totals = 0;
    for (std::size_t s = 0; s < sessions; ++s) {
      const SessionBest best = best_session(session_problem(table, table.quality, s * turns, turns), limit);
      benchmark::DoNotOptimize(best.lower);
      exact += best.exact ? 1 : 0;
      totals += best.totals;
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * sessions));
  state.counters["exact_share"] = static_cast<double>(exact) / static_cast<double>(sessions);
  state.counters["totals_per_session"] = static_cast<double>(totals) / static_cast<double>(sessions);
}

// Per turn what a middling arm takes on average, so that both budgets bind in some sessions.
Amounts budgets(std::int64_t turns) { return {turns * 1'700'000'000, turns * 160'000'000}; }

const bool routing_registered = [] {
  for (const std::int64_t turns : {1, 4, 17, 170}) {
    benchmark::RegisterBenchmark("routing/hindsight/two_budgets/1700_queries/sessions_of",
                                 [=](benchmark::State& state) { hindsight(state, budgets(turns)); })
        ->Arg(turns)
        ->Unit(benchmark::kMillisecond);
  }
  return true;
}();

}  // namespace
}  // namespace offload::micro
