// A world with known outcomes: a step is a look-up. 6 arms, 1,700 queries in sessions of 4, as large as the
// function calling data (datasets/README.md).
#include <benchmark/benchmark.h>
#include <offload/random.hpp>

#include "core/environment/sessions.hpp"
#include "core/simulation/batch_environment.hpp"

namespace offload::micro {
namespace {

constexpr std::size_t kQueries = 1700, kArms = 6, kTasks = 10;

EpisodeTable make_world() {
  EpisodeStorage storage;
  auto table = std::make_shared<OutcomeTable>();
  for (std::size_t a = 0; a < kArms; ++a) table->arms.push_back({"arm " + std::to_string(a), "", {}});
  for (std::size_t c = 0; c < kTasks; ++c) storage.tasks.push_back("task " + std::to_string(c));
  Random random(4);
  for (std::size_t q = 0; q < kQueries; ++q) {
    storage.id.push_back(static_cast<std::int64_t>(q));
    storage.task.push_back(static_cast<std::uint8_t>(random.below(kTasks)));
    storage.first_turn.push_back(q + 1);
    table->known.push_back((1U << kArms) - 1);
    for (std::size_t a = 0; a < kArms; ++a) {
      table->quality.push_back(random.uniform());
      table->latency_ns.push_back(static_cast<std::int64_t>(random.below(3'000'000'000)));
      table->cost_pusd.push_back(static_cast<std::int64_t>(random.below(3'000'000'000)));
    }
  }
  EpisodeTable data = make_table(std::move(storage), "drawn", "drawn");
  data.outcomes = std::move(table);
  return in_sessions(data, 4, 0, "drawn");
}

const Scenario& world() {
  static const Scenario scenario(make_world(), {});
  return scenario;
}

class QualityAlone final : public RewardModel {
 public:
  void score(const offload_outcomes& outcomes, double* reward) override {
    for (std::int32_t i = 0; i < outcomes.n; ++i) reward[i] = outcomes.quality[i];
  }
};

class AllSessions final : public EpisodeSource {
 public:
  explicit AllSessions(const Amounts& limit) : limit_(limit) {}
  bool next(int, EpisodeStart& start) override {
    start = {next_, limit_, next_};
    next_ = (next_ + 1) % static_cast<std::uint32_t>(world().data().episodes());
    return true;
  }

 private:
  Amounts limit_;
  std::uint32_t next_ = 0;
};

void table_step(benchmark::State& state, const Amounts& limit) {
  const auto slots = static_cast<std::size_t>(state.range(0));
  QualityAlone reward;
  AllSessions source(limit);
  BatchEnvironment environment(world(), *world().world(), reward, source, nullptr,
                               BatchEnvironment::Purpose::evaluation, static_cast<int>(slots), 0);
  std::vector<std::vector<std::int32_t>> actions(4096, std::vector<std::int32_t>(slots));
  Random random(1);
  for (auto& row : actions) {
    for (std::int32_t& action : row) action = static_cast<std::int32_t>(random.below(kArms));
  }
  std::size_t next = 0;
  for (auto _ : state) {
    const double* rewards = environment.step(actions[next++ % actions.size()]).reward;
    benchmark::DoNotOptimize(rewards);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * slots));
}

BENCHMARK_CAPTURE(table_step, unlimited, Amounts{kUnlimited, kUnlimited})
    ->Name("environment/table_step/unlimited")
    ->Arg(1)
    ->Arg(32)
    ->Arg(256);
BENCHMARK_CAPTURE(table_step, tight, Amounts{6'000'000'000, 6'000'000'000})
    ->Name("environment/table_step/tight")
    ->Arg(1)
    ->Arg(32)
    ->Arg(256);

}  // namespace
}  // namespace offload::micro
