// Margins keep what they promise: over 200 resplits of tables with known outcomes, calibrated and tested
// apart, the mean share of sessions over budget is at most the promised one.
#include "trial/values/margins.hpp"

#include <gtest/gtest.h>
#include <offload/random.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <numeric>
#include <set>

#include "core/environment/sessions.hpp"
#include "core/simulation/batch_environment.hpp"
#include "data/import/import.hpp"
#include "data/tables/outcome_table_file.hpp"
#include "trial/evaluation_pass.hpp"
#include "unit/core/known_world.hpp"

namespace offload {
namespace {

constexpr int kResplits = 200;
constexpr double kCalibration = .4;

class NoReward final : public RewardModel {
 public:
  void score(const offload_outcomes& outcomes, double* reward) override {
    std::fill_n(reward, outcomes.n, 0.0);
  }
};

// Which action a policy takes of a mask.
using Policy = std::size_t (*)(std::span<const std::uint8_t> mask, std::uint64_t bits);

std::size_t dearest(std::span<const std::uint8_t> mask, std::uint64_t) {
  std::size_t a = mask.size() - 1;
  while (a > 0 && mask[a] == 0) --a;
  return a;
}

std::size_t by_chance(std::span<const std::uint8_t> mask, std::uint64_t bits) {
  std::size_t left = bits % static_cast<std::uint64_t>(std::accumulate(mask.begin(), mask.end(), 0));
  for (std::size_t a = 0;; ++a) {
    if (mask[a] != 0 && left-- == 0) return a;
  }
}

// The dearest nine times of ten.
std::size_t by_chance_or_dearest(std::span<const std::uint8_t> mask, std::uint64_t bits) {
  return bits % 10 == 0 ? by_chance(mask, bits / 10) : dearest(mask, bits);
}

// A frozen policy on every session of a table in one cell, by margin.
class Frozen {
 public:
  Frozen(EpisodeTable data, const Amounts& limit, Policy policy) : policy_(policy), all_(data.episodes()) {
    std::iota(all_.begin(), all_.end(), 0U);
    group_ = groups_of(data);
    experiment_.scenarios.push_back(std::make_unique<const Scenario>(std::move(data), ScenarioSettings{}));
    experiment_.cells = {{"cell", limit}};
  }

  // Mean over resplits of the tests' share over budget, by groups, and of the margin.
  struct Realised {
    int kept = 0;  // resplits in which a margin was enough
    double share = 0, margin = 0, slack = 0;
  };
  Realised resplit(double share) {
    experiment_.suite.evaluation.margin = MarginSettings{share, kCalibration};
    Realised mean;
    double calibrated = 0, tested = 0;
    for (int i = 0; i < kResplits; ++i) {
      Split split{"resplit", i, all_, {}};
      hold_out(scenario().data(), kCalibration, stream(17, i), split);
      const auto margin = calibrated_margin(experiment_, split, 0, [&](int margin_percent) {
        std::vector<std::vector<std::uint16_t>> decisions;
        for (const std::uint32_t e : split.calibration) decisions.push_back(decided(margin_percent)[e]);
        return decisions;
      });
      mean.kept += margin->kept;
      mean.margin += margin->margin_percent / double{kResplits};
      mean.share += over(split.train, margin->margin_percent) / kResplits;
      calibrated = static_cast<double>(margin->groups);
      tested = static_cast<double>(groups_in(split.train));
    }
    // Resplits are exchangeable, a group's loss lies within 0..1: the mean's standard error is at most that
    // of shares drawn by chance.
    mean.slack = 3 * std::sqrt(share * (1 - share) * (1 / calibrated + 1 / tested) / kResplits);
    return mean;
  }
  double without_margin() { return over(all_, 0); }

 private:
  const Scenario& scenario() const { return *experiment_.scenarios.front(); }
  std::size_t groups_in(const std::vector<std::uint32_t>& episodes) const {
    std::set<std::uint32_t> groups;
    for (const std::uint32_t e : episodes) groups.insert(group_[e]);
    return groups.size();
  }

  const std::vector<std::vector<std::uint16_t>>& decided(int margin_percent) {
    auto& decisions = decisions_[margin_percent];
    if (!decisions.empty()) return decisions;
    const Split split{"all", 0, {}, all_};
    const PassOrder order(experiment_, split, {Pass::Kind::cell, 0, -1, margin_percent}, all_.size());
    EvaluationPass pass(all_, experiment_.cells[0].limit, margin_percent, order);
    NoReward reward;
    BatchEnvironment environment(scenario(), *scenario().world(), reward, pass, &pass,
                                 BatchEnvironment::Purpose::evaluation, 8, 0);
    const auto actions = static_cast<std::size_t>(scenario().actions().size());
    while (environment.view().n > 0) {
      std::vector<std::int32_t> action;
      for (std::size_t i = 0; i < static_cast<std::size_t>(environment.view().n); ++i) {
        action.push_back(static_cast<std::int32_t>(
            policy_({environment.view().mask + i * actions, actions}, environment.view().rng[i])));
      }
      environment.step(action);
    }
    return decisions = std::move(pass.decisions());
  }

  // Looked up by the test itself.
  double over(const std::vector<std::uint32_t>& episodes, int margin_percent) {
    std::map<std::uint32_t, std::pair<double, double>> of_group;  // over, sessions
    const auto& decisions = decided(margin_percent);
    const Amounts& limit = experiment_.cells[0].limit;
    for (const std::uint32_t e : episodes) {
      Amounts spent{};
      for (std::size_t t = 0; t < decisions[e].size(); ++t) {
        const Amounts taken =
            scenario().world()->charges().of(scenario().data().turn(e, static_cast<int>(t)), decisions[e][t]);
        for (std::size_t k = 0; k < kResources; ++k) spent[k] += taken[k];
      }
      auto& [count, sessions] = of_group[group_[e]];
      count += spent[0] > limit[0] || spent[1] > limit[1];
      ++sessions;
    }
    double share = 0;
    for (const auto& [group, sums] : of_group) share += sums.first / sums.second;
    return share / static_cast<double>(of_group.size());
  }

  Policy policy_;
  std::vector<std::uint32_t> all_, group_;
  Experiment experiment_;
  std::map<int, std::vector<std::vector<std::uint16_t>>> decisions_;
};

void expect_promises_kept(Frozen policy) {
  const double without = policy.without_margin();
  for (const double share : {.05, .1, .2}) {
    const Frozen::Realised realised = policy.resplit(share);
    std::printf("promised %.2f: realised %.4f (slack %.4f), without %.4f, margin %.1f %%\n", share,
                realised.share, realised.slack, without, realised.margin);
    EXPECT_EQ(realised.kept, kResplits) << share;
    EXPECT_LE(realised.share, share + realised.slack);
    EXPECT_GT(without, share + realised.slack) << "nothing was to be promised";
  }
}

// 240 sessions of four queries; a hundred share prompts by twos, and five by fives.
EpisodeTable drawn() {
  testing::KnownWorld world(240, 4, 3, 5);
  auto& group = world.table->prompt_group;
  for (std::size_t e = 0; e < 100; ++e) group[4 * e] = static_cast<std::uint32_t>(10000 + e / 2);
  for (std::size_t e = 100; e < 125; ++e) group[4 * e + 1] = static_cast<std::uint32_t>(20000 + e / 5);
  return world.data();
}

constexpr Amounts kDrawnLimit = {5'500'000'000, 4'000'000'000};

TEST(Margins, KeepTheirPromiseForTheDearestArm) {
  expect_promises_kept(Frozen(drawn(), kDrawnLimit, dearest));
}

TEST(Margins, KeepTheirPromiseForChoicesByChance) {
  expect_promises_kept(Frozen(drawn(), {4'500'000'000, kUnlimited}, by_chance));
}

// The table that is part of the project, whose phone takes seconds and whose clouds cost.
TEST(Margins, KeepTheirPromiseOnTheCommittedTable) {
  const EpisodeTable table = read_outcome_table(OFFLOAD_SOURCE_DIR "/datasets/routing.csv");
  expect_promises_kept(Frozen(in_sessions(table, 2, 0, "pairs"), {kUnlimited, 2'100'000'000}, dearest));
}

// Sessions of four of a public table, in a budget of what its last and dearest arm takes on average, in every
// amount that the table tells.
void expect_promises_kept_on(const EpisodeTable& table, Policy policy) {
  const Charges charges(*table.outcomes, "");
  const std::size_t turns = table.turns(), last = table.outcomes->arms.size() - 1;
  Amounts limit = {kUnlimited, kUnlimited};
  for (std::size_t k = 0; k < kResources; ++k) {
    if (!charges.has(k)) continue;
    double sum = 0;
    for (std::size_t turn = 0; turn < turns; ++turn) sum += static_cast<double>(charges.of(turn, last)[k]);
    limit[k] = std::llround(4 * sum / static_cast<double>(turns));
  }
  expect_promises_kept(Frozen(in_sessions(table, 4, 0, "fours"), limit, policy));
}

std::filesystem::path public_table(const char* name) {
  const char* folder = std::getenv("OFFLOAD_SHARED");
  const auto shared = folder != nullptr ? std::filesystem::path(folder)
                                        : std::filesystem::path(OFFLOAD_SOURCE_DIR).parent_path() / "shared";
  return shared / "data" / "routing" / name;
}

TEST(Margins, KeepTheirPromiseOnRouterArena) {
  ImportRequest asked;
  asked.source = public_table("routerarena");
  if (!std::filesystem::exists(asked.source))
    GTEST_SKIP() << asked.source << " is not here; set OFFLOAD_SHARED";
  asked.task_from = "prefix";
  asked.scale = {{-1, 1}};
  asked.rules.arms = {"gemini-2.0-flash-001", "claude-3-haiku-20240307"};
  expect_promises_kept_on(import_outcomes(asked), dearest);
}

TEST(Margins, KeepTheirPromiseOnBfcl) {
  ImportRequest asked;
  const char* folder = std::getenv("OFFLOAD_BFCL");
  if (folder == nullptr || !std::filesystem::exists(folder))
    GTEST_SKIP() << "set OFFLOAD_BFCL to a checkout's folder of results (datasets/README.md)";
  asked.source = folder;
  asked.prices = OFFLOAD_SOURCE_DIR "/datasets/bfcl-prices.json";
  asked.rules.failed = TableRules::Failed::keep;
  asked.rules.arms = {"gpt-3.5-turbo-0125",     "claude-3-haiku-20240307", "gemini-1.5-flash-preview-0514",
                      "gpt-4o-mini-2024-07-18", "gpt-4-turbo-2024-04-09",  "claude-3-5-sonnet-20240620"};
  const EpisodeTable table = import_outcomes(asked);
  for (const Policy policy : {dearest, by_chance_or_dearest}) expect_promises_kept_on(table, policy);
}

TEST(Margins, SayWhereNoneIsEnough) {
  // A budget that every session breaks.
  Frozen policy(drawn(), {1'000'000'000, kUnlimited}, by_chance);
  EXPECT_EQ(policy.resplit(.1).kept, 0);
}

}  // namespace
}  // namespace offload
