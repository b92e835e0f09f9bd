// A world with known outcomes as an environment: what is looked up, charged, masked, shown, refused.
#include <gmock/gmock.h>

#include <map>

#include "core/error.hpp"
#include "core/simulation/batch_environment.hpp"
#include "core/simulation/rollout.hpp"
#include "unit/core/formula_reward.hpp"
#include "unit/core/known_world.hpp"
#include "unit/core/small_data.hpp"

namespace offload {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::KnownWorld;

struct InOrder final : EpisodeSource {
  InOrder(std::uint32_t count, Amounts of) : episodes(count), limit(of) {}
  std::uint32_t episodes, given = 0;
  Amounts limit;
  bool next(int, EpisodeStart& start) override {
    if (given == episodes) return false;
    start = {given, limit, stream(5, given)};
    ++given;
    return true;
  }
};

struct Played final : EpisodeSink {
  struct Episode {
    std::vector<std::uint16_t> actions;
    std::vector<double> reward, quality;
    Amounts spent;
    int masked;
  };
  std::map<std::uint32_t, Episode> episodes;
  void finished(const FinishedEpisode& f) override {
    episodes[f.episode] = {{f.actions.begin(), f.actions.end()},
                           {f.reward.begin(), f.reward.end()},
                           {f.quality.begin(), f.quality.end()},
                           f.spent,
                           f.masked_actions};
  }
};

// Acts by the row's random bits: among all actions, or among those that the mask allows.
Played play(const Scenario& scenario, int slots, Amounts limit, bool masked) {
  FormulaReward reward;
  InOrder source(static_cast<std::uint32_t>(scenario.data().episodes()), limit);
  Played sink;
  BatchEnvironment environment(scenario, *scenario.world(), reward, source, &sink,
                               BatchEnvironment::Purpose::evaluation, slots, 0);
  std::vector<std::int32_t> action(static_cast<std::size_t>(slots));
  const auto actions = static_cast<std::size_t>(scenario.actions().size());
  while (environment.view().n > 0) {
    const offload_view& view = environment.view();
    for (std::size_t i = 0; i < static_cast<std::size_t>(view.n); ++i) {
      std::size_t a = view.rng[i] % actions;
      while (masked && view.mask[i * actions + a] == 0) a = (a + 1) % actions;
      action[i] = static_cast<std::int32_t>(a);
    }
    environment.step({action.data(), static_cast<std::size_t>(view.n)});
  }
  return sink;
}

template <typename Body>
std::string refusal(Body body) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    return error.what();
  }
  return "no error";
}

TEST(World, IsALookUpInWhateverBatch) {
  const KnownWorld world(50, 3, 4, 9);
  const Scenario scenario(world.data(), {});
  const Amounts limit = {4'000'000'000, 3'000'000'000};
  const Played one = play(scenario, 1, limit, false);
  FormulaReward reward;
  const Lens lens(kTableLens, kExactModel, scenario, {}, {}, {});
  int over = 0, masked = 0;
  for (const auto& [e, episode] : one.episodes) {
    Amounts spent{};
    for (std::size_t t = 0; t < 3; ++t) {
      const std::size_t cell = (e * 3 + t) * 4 + episode.actions[t];
      EXPECT_EQ(episode.quality[t], world.table->quality[cell]);
      spent[0] += world.table->latency_ns[cell];
      spent[1] += world.table->cost_pusd[cell];
    }
    EXPECT_EQ(episode.spent, spent);
    over += spent[0] > limit[0] || spent[1] > limit[1];
    masked += episode.masked;
    const auto scored = score_decisions(scenario, lens.outcomes(e), reward, e, episode.actions, limit, false);
    for (std::size_t t = 0; t < 3; ++t) EXPECT_EQ(scored[t].reward, episode.reward[t]);
    EXPECT_EQ(scored.back().total, spent);
  }
  EXPECT_GT(over, 0);
  EXPECT_GT(masked, 0);
  for (const int slots : {7, 64}) {
    const Played many = play(scenario, slots, limit, false);
    for (const auto& [e, episode] : one.episodes) {
      EXPECT_EQ(many.episodes.at(e).actions, episode.actions);
      EXPECT_EQ(many.episodes.at(e).reward, episode.reward);
      EXPECT_EQ(many.episodes.at(e).masked, episode.masked);
    }
  }
}

// Whoever keeps to the mask breaks budgets all the same: it knows what is declared, not what will be charged.
TEST(World, AMaskIsNoPromise) {
  const KnownWorld world(400, 3, 4, 9);
  const Scenario scenario(world.data(), {});
  const Amounts limit = {4'000'000'000, kUnlimited};
  int over = 0, masked = 0;
  for (const auto& [e, episode] : play(scenario, 32, limit, true).episodes) {
    over += episode.spent[0] > limit[0];
    masked += episode.masked;
  }
  EXPECT_EQ(masked, 0);
  EXPECT_GT(over, 0);
}

TEST(World, AnUnknownOutcomeIsAnErrorAndNeverZero) {
  KnownWorld world(40, 2, 3, 9);
  for (std::size_t turn = 0; turn < 80; turn += 3) world.table->known[turn] = 0b101;
  const Scenario open(world.data(), {});
  const Amounts unlimited = {kUnlimited, kUnlimited};
  EXPECT_THAT(refusal([&] { play(open, 4, unlimited, true); }), HasSubstr("arm 'arm1' is not known; give"));
  ScenarioSettings settings;
  settings.world.mask_unknown = true;
  const Scenario masked(world.data(), settings);
  EXPECT_EQ(play(masked, 4, unlimited, true).episodes.size(), 40U);
  EXPECT_THAT(refusal([&] { play(masked, 4, unlimited, false); }), HasSubstr("keep to the mask"));
  FormulaReward reward;
  const std::vector<std::uint16_t> decisions = {1, 0};
  EXPECT_THAT(refusal([&] { score_decisions(open, *open.world(), reward, 0, decisions, unlimited, false); }),
              HasSubstr("turn 0 of episode 0 of known: the outcome of arm 'arm1' is not known"));
}

TEST(World, OffersKnownArmsWhereNoneFitsTheBudget) {
  KnownWorld world(2, 1, 3, 9);
  world.table->known[0] = 0b110;
  world.table->latency_ns = {1, 50, 60, 1, 50, 60};
  ScenarioSettings settings;
  settings.world.mask_unknown = true;
  const Scenario scenario(world.data(), settings);
  std::uint8_t mask[3];
  // Arm 0 alone fits, and is not known.
  EXPECT_FALSE(scenario.mask(0, 0, 0, {}, {10, kUnlimited}, mask));
  EXPECT_THAT(mask, ElementsAre(0, 1, 1));
  EXPECT_TRUE(scenario.mask(0, 0, 0, {}, {55, kUnlimited}, mask));
  EXPECT_THAT(mask, ElementsAre(0, 1, 0));
  EXPECT_TRUE(scenario.mask(1, 0, 0, {}, {55, kUnlimited}, mask));
  EXPECT_THAT(mask, ElementsAre(1, 1, 0));
}

TEST(World, TheFirstChoiceBindsWhereAnswersFollowIt) {
  KnownWorld world(30, 2, 3, 9);
  world.table->notes.same_arm_path = true;
  const Scenario scenario(world.data(), {});
  const Amounts unlimited = {kUnlimited, kUnlimited};
  for (const auto& [e, episode] : play(scenario, 4, unlimited, true).episodes) {
    EXPECT_EQ(episode.actions[0], episode.actions[1]);
  }
  EXPECT_THAT(refusal([&] { play(scenario, 4, unlimited, false); }),
              HasSubstr("its answer is known only where it began the session"));
}

TEST(World, ShowsThePreviousArmAndTheQuery) {
  KnownWorld world(1, 2, 3, 9);
  world.table->feature_names = {"length", "digits"};
  world.table->features = {1, 2, 3, 4};
  const Scenario scenario(world.data(), {});
  FormulaReward reward;
  InOrder source(1, {kUnlimited, kUnlimited});
  BatchEnvironment environment(scenario, *scenario.world(), reward, source, nullptr,
                               BatchEnvironment::Purpose::training, 1, 0);
  ASSERT_EQ(scenario.layout().frame(), 2);
  const auto newest = [](const offload_view& view) {
    return std::vector<float>(view.observation + 8, view.observation + 10);
  };
  const auto features = [&](const offload_view& view) {
    const float* values = environment.features(view);
    return std::vector<float>(values, values + 2);
  };
  EXPECT_THAT(newest(environment.view()), ElementsAre(-1, world.storage.task[0]));
  EXPECT_THAT(features(environment.view()), ElementsAre(1, 2));
  const std::int32_t arm = 2;
  const offload_transition& step = environment.step({&arm, 1});
  EXPECT_THAT(newest(*step.after), ElementsAre(2, world.storage.task[1]));
  EXPECT_THAT(features(*step.before), ElementsAre(1, 2));
  EXPECT_THAT(features(*step.after), ElementsAre(3, 4));
  EXPECT_EQ(step.consumed[0], from_amount(world.table->latency_ns[2], 0));
  const offload_transition& last = environment.step({&arm, 1});
  EXPECT_EQ(last.terminal[0], 1);
  EXPECT_THAT(features(*last.after), ElementsAre(0, 0));
  const offload_view strange{};
  EXPECT_EQ(environment.features(strange), nullptr);
}

TEST(World, RefusesModelsOfLoggedData) {
  const Scenario known(KnownWorld(4, 1, 2, 1).data(), {});
  const std::vector<std::uint32_t> train = {0, 1}, test = {2, 3};
  EXPECT_THROW(Lens("simulator", "knn", known, train, test, {}), Error);
  EXPECT_THROW(Lens("held_out", kExactModel, known, train, test, {}), Error);
  EXPECT_THROW(make_response_model("knn", known, train, {}), Error);
  const Scenario logged(testing::random_table(4, 1), {});
  EXPECT_THROW(Lens(kTableLens, kExactModel, logged, train, test, {}), Error);
}

}  // namespace
}  // namespace offload
