#include "check/practice.hpp"

#include <offload/random.hpp>

#include <algorithm>
#include <numeric>

#include "data/dataset.hpp"
#include "data/synthetic.hpp"

namespace offload {
namespace {

constexpr const char* kSource = "synthetic:200";
constexpr std::uint32_t kTests = 40;
constexpr std::uint64_t kSeed = 0x70726163, kPlugin = 1, kBudgets = 2, kBits = 3, kOrder = 4;

// Those of benchmarks/suites: seconds, USD; 0 is unlimited.
constexpr double kCells[][2] = {{12, .012}, {0, 0}, {30, .05}, {20, .02}, {8, .006}};

Amounts limit_of(std::size_t cell) {
  Amounts limit{};
  for (int k = 0; k < kResources; ++k) {
    const double value = kCells[cell][k];
    limit[static_cast<std::size_t>(k)] = value == 0 ? kUnlimited : to_amount(value, k, "budget");
  }
  return limit;
}

class TrainingEpisodes final : public EpisodeSource {
 public:
  TrainingEpisodes(const Scenario& scenario, const std::vector<std::uint32_t>& episodes)
      : scenario_(scenario), episodes_(episodes) {}
  bool next(int, EpisodeStart& start) override {
    Random random(stream(kSeed, kBudgets, drawn_++));
    start.episode = episodes_[random.below(episodes_.size())];
    const double latency_rho = random.uniform(), cost_rho = random.uniform();
    start.limit = relative_budget(scenario_.consumption(), scenario_.turns_max(), latency_rho, cost_rho);
    start.rng_stream = random.bits();
    return true;
  }

 private:
  const Scenario& scenario_;
  const std::vector<std::uint32_t>& episodes_;
  std::uint64_t drawn_ = 0;
};

class TestEpisodes final : public EpisodeSource, public EpisodeSink {
 public:
  TestEpisodes(const std::vector<std::uint32_t>& episodes, const Amounts& limit, std::uint64_t pass)
      : episodes_(episodes),
        limit_(limit),
        pass_(pass),
        order_(episodes.size()),
        decisions_(episodes.size()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    Random random(stream(kSeed, kOrder, pass));
    for (std::size_t left = order_.size(); left > 1; --left)
      std::swap(order_[left - 1], order_[random.below(left)]);
  }
  bool next(int slot, EpisodeStart& start) override {
    if (next_ == order_.size()) return false;
    const auto at = static_cast<std::size_t>(slot);
    if (at >= test_.size()) test_.resize(at + 1);
    const std::size_t test = test_[at] = order_[next_++];
    start = {episodes_[test], limit_, stream(kSeed, kBits, pass_, test)};
    return true;
  }
  void finished(const FinishedEpisode& episode) override {
    decisions_[test_[static_cast<std::size_t>(episode.slot)]].assign(episode.actions.begin(),
                                                                     episode.actions.end());
  }
  Actions decisions() const {
    Actions all;
    for (const Actions& episode : decisions_) all.insert(all.end(), episode.begin(), episode.end());
    return all;
  }

 private:
  const std::vector<std::uint32_t>& episodes_;
  Amounts limit_;
  std::uint64_t pass_;
  std::size_t next_ = 0;
  std::vector<std::size_t> order_, test_;  // test_: by slot
  std::vector<Actions> decisions_;
};

}  // namespace

void Practice::Reward::score(const offload_outcomes& o, double* reward) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(o.n); ++i) {
    reward[i] = o.quality[i] + (o.association[i] - o.consumed_relative[kResources * i] -
                                o.consumed_relative[kResources * i + 1]) /
                                   3;
  }
}

Practice::Practice(std::int64_t steps)
    : steps_(steps),
      scenario_(generate(*parse_synthetic_source(kSource, 0), RefusalRule{}, kSource), ScenarioSettings{}),
      train_(static_cast<std::size_t>(scenario_.data().episodes()) - kTests),
      test_(kTests),
      responses_([this] {
        std::iota(train_.begin(), train_.end(), 0U);
        std::iota(test_.begin(), test_.end(), static_cast<std::uint32_t>(train_.size()));
        return make_response_model("knn", scenario_, train_, {});
      }()),
      memo_(*responses_, scenario_.actions().size(), scenario_.tasks(), scenario_.turns_max()),
      environment_(plugin_environment(scenario_, stream(kSeed, kPlugin), steps)) {}

void Practice::train(AnyAgent& agent) {
  if (!agent.trained()) return;
  const int slots = agent.training_slots();
  TrainingEpisodes source(scenario_, train_);
  BatchEnvironment environment(scenario_, memo_, reward_, source, nullptr,
                               BatchEnvironment::Purpose::training, slots, 0);
  std::vector<std::int32_t> action(static_cast<std::size_t>(slots));
  for (std::int64_t done = 0; done < steps_; done += slots) {
    agent.act(environment.view(), OFFLOAD_EXPLORE, action.data());
    agent.observe(environment.step(action));
    agent.update();
  }
}

std::size_t Practice::cells() { return std::size(kCells); }

Actions Practice::evaluate(AnyAgent& agent, std::size_t cell, std::uint64_t pass, int slots) {
  TestEpisodes tests(test_, limit_of(cell), pass);
  slots = std::min<int>(slots, kTests);
  BatchEnvironment environment(scenario_, memo_, reward_, tests, &tests,
                               BatchEnvironment::Purpose::evaluation, slots, agent.training_slots());
  std::vector<std::int32_t> action(static_cast<std::size_t>(slots));
  while (environment.view().n > 0) {
    agent.act(environment.view(), OFFLOAD_EVALUATE, action.data());
    environment.step({action.data(), static_cast<std::size_t>(environment.view().n)});
  }
  return tests.decisions();
}

}  // namespace offload
