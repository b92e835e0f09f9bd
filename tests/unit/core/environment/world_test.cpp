// What a world charges and declares, its sessions, splits by prompt group, and where there is a choice.
#include "core/environment/world.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "core/environment/budget.hpp"
#include "core/environment/sessions.hpp"
#include "core/environment/split.hpp"
#include "core/environment/text_features.hpp"
#include "core/error.hpp"
#include "unit/core/known_world.hpp"

namespace offload {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::KnownWorld;

template <typename Body>
std::string message_of(Body body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// Two arms and three queries, amounts written out.
KnownWorld three_queries() {
  KnownWorld world(3, 1, 2, 1);
  world.table->latency_ns = {10, 100, 20, 200, 33, 300};
  world.table->cost_pusd = {0, 7, 0, 8, 0, 10};
  world.table->input_tokens = {1, 2, 1, 4, 1, 6};
  world.table->output_tokens = {1, 1, 1, 1, 1, 1};
  world.table->arms[0].price = TokenPrice{0, 0};
  world.table->arms[1].price = TokenPrice{5, 50};
  return world;
}

Consumption declared(const KnownWorld& world, const WorldSettings& settings,
                     std::vector<std::uint32_t> episodes) {
  const ActionSpace actions(world.table->arms);
  return declared_consumption(world.data(), actions, Charges(*world.table, settings.calls_of), settings,
                              episodes);
}

TEST(Declared, IsOfTheTrainingSideAlone) {
  const KnownWorld world = three_queries();
  EXPECT_THAT(declared(world, {}, {0, 1}).of_action(0), ElementsAre(15, 0));
  EXPECT_THAT(declared(world, {}, {0, 1}).of_action(1), ElementsAre(150, 8));  // 7.5 rounds up
  EXPECT_THAT(declared(world, {}, {0, 1, 2}).of_action(0), ElementsAre(21, 0));
  EXPECT_THAT(declared(world, {"largest", "", false}, {0, 1}).of_action(1), ElementsAre(200, 8));
  // 3 input tokens and 1 output token in the mean.
  EXPECT_THAT(declared(world, {"price", "", false}, {0, 1}).of_action(1), ElementsAre(150, 65));
  EXPECT_THAT(declared(world, {"mean", "arm1", false}, {0, 1}).of_action(1),
              ElementsAre(150, 1'000'000'000'000));
  EXPECT_THAT(declared(world, {"mean", "arm1", false}, {0, 1}).of_action(0), ElementsAre(15, 0));
}

TEST(Declared, RefusesWhatTheDataDoNotHave) {
  KnownWorld world = three_queries();
  EXPECT_THAT(message_of([&] {
                declared(world, {"mean", "arm9", false}, {0});
              }),
              HasSubstr("no arm 'arm9'; known: arm0, arm1"));
  world.table->output_tokens[1] = kUnknownAmount;
  EXPECT_THAT(message_of([&] {
                declared(world, {"price", "", false}, {0});
              }),
              HasSubstr("every call's numbers of tokens"));
  world.table->known[0] = 1;
  EXPECT_THAT(message_of([&] { declared(world, {}, {0}); }),
              HasSubstr("arm 'arm1' has no known outcome among the training queries"));
}

TEST(Charges, TakeAnAmountThatIsNotToldEverywhereForNone) {
  KnownWorld world = three_queries();
  world.table->latency_ns[3] = kUnknownAmount;
  const Charges charges(*world.table, "");
  EXPECT_FALSE(charges.has(0));
  EXPECT_TRUE(charges.has(1));
  EXPECT_THAT(charges.of(0, 1), ElementsAre(0, 7));
  world.table->known[1] = 1;  // the cell without a latency is not known at all
  EXPECT_TRUE(Charges(*world.table, "").has(0));
}

TEST(Sessions, KeepOutcomesWithTheirQueries) {
  KnownWorld world(10, 1, 3, 5);
  world.table->prompt_group = {0, 1, 2, 3, 3, 5, 6, 7, 3, 9};
  for (std::size_t q = 0; q < 10; ++q) world.table->query_names.push_back("q" + std::to_string(q));
  const EpisodeTable data = world.data(), made = in_sessions(data, 4, 7, "hash");
  EXPECT_THAT(made.first_turn, ElementsAre(0, 4, 8, 10));
  EXPECT_EQ(made.sha256, "hash");
  EXPECT_THAT(made.outcomes->notes.inventions,
              ElementsAre("sessions of 4 independent queries, drawn with seed 7"));
  std::set<std::string> seen;
  std::vector<std::size_t> group_at;
  for (std::size_t turn = 0; turn < 10; ++turn) {
    const std::string& name = made.outcomes->query_names[turn];
    seen.insert(name);
    const auto from = static_cast<std::size_t>(std::stoi(name.substr(1)));
    EXPECT_EQ(made.task[turn], data.task[from]);
    for (std::size_t a = 0; a < 3; ++a) {
      EXPECT_EQ(made.outcomes->quality[turn * 3 + a], data.outcomes->quality[from * 3 + a]);
      EXPECT_EQ(made.outcomes->cost_pusd[turn * 3 + a], data.outcomes->cost_pusd[from * 3 + a]);
    }
    if (made.outcomes->prompt_group[turn] == 3) group_at.push_back(turn);
  }
  EXPECT_EQ(seen.size(), 10U);
  ASSERT_EQ(group_at.size(), 3U);
  EXPECT_EQ(group_at[2] - group_at[0], 2U) << "queries of a group lie next to each other";
  EXPECT_EQ(in_sessions(data, 4, 7, "hash").outcomes->query_names, made.outcomes->query_names);
  EXPECT_NE(in_sessions(data, 4, 8, "hash").outcomes->query_names, made.outcomes->query_names);
}

TEST(Sessions, DoNotMixTheStatedParts) {
  KnownWorld world(9, 1, 2, 5);
  world.table->part = {1, 2, 1, 2, 1, 2, 1, 1, 1};
  const EpisodeTable made = in_sessions(world.data(), 4, 0, "hash");
  const Split split = stated_split(made);
  EXPECT_EQ(split.train.size(), 2U);  // of 6 queries
  EXPECT_EQ(split.test.size(), 1U);   // of 3
  world.table->notes.same_arm_path = true;
  EXPECT_THAT(message_of([&] { in_sessions(world.data(), 4, 0, "hash"); }), HasSubstr("leave sessions out"));
}

TEST(WorldSplits, NeverCutAPromptGroup) {
  KnownWorld world(60, 2, 2, 5);
  Random random(3);
  for (std::uint32_t& group : world.table->prompt_group)
    group = static_cast<std::uint32_t>(random.below(400));
  world.table->prompt_group[50] = world.table->prompt_group[0];
  const EpisodeTable data = world.data();
  std::vector<Split> splits = fold_splits(data, 4, 2, 0);
  for (std::int64_t seed = 0; seed < 20; ++seed) splits.push_back(ratio_split(data, .25, seed));
  for (const Split& split : splits) {
    std::set<std::uint32_t> trained;
    for (const std::uint32_t e : split.train) {
      for (int t = 0; t < 2; ++t) trained.insert(world.table->prompt_group[data.turn(e, t)]);
    }
    for (const std::uint32_t e : split.test) {
      for (int t = 0; t < 2; ++t)
        EXPECT_FALSE(trained.contains(world.table->prompt_group[data.turn(e, t)])) << split.name;
    }
    EXPECT_EQ(split.train.size() + split.test.size(), 60U);
  }
  const std::vector<std::int64_t> one = {0};
  EXPECT_THAT(message_of([&] { require_groups_apart(data, id_split(data, "ids", {}, one, "here")); }),
              HasSubstr("shares a prompt with training episodes"));
}

TEST(Choice, OfOneTurnIsTwoArms) {
  KnownWorld world = three_queries();
  const Consumption consumption = declared(world, {}, {0, 1, 2});  // 21 ns, 200 ns; 0, 8 pico-dollars
  EXPECT_NO_THROW(require_choice({"open", {kUnlimited, kUnlimited}}, consumption, 1));
  EXPECT_NO_THROW(require_choice({"both", {200, 8}}, consumption, 1));
  EXPECT_THAT(message_of([&] {
                require_choice({"one", {199, 8}}, consumption, 1);
              }),
              HasSubstr("only 1 choice of action kinds can fill an episode of 1 turn"));
  // Two of two turns: 21 + 21, 21 + 200, 200 + 200.
  EXPECT_NO_THROW(require_choice({"all", {400, 16}}, consumption, 2));
  EXPECT_THAT(message_of([&] {
                require_choice({"some", {399, 16}}, consumption, 2);
              }),
              HasSubstr("only 2 choices"));
  EXPECT_NO_THROW(require_choice({"bound", {400, 16}}, consumption, 2, true));
  EXPECT_THAT(message_of([&] {
                require_choice({"bound", {399, 16}}, consumption, 2, true);
              }),
              HasSubstr("only 1 choice"));
}

TEST(Mask, LooksAtTheFirstChoiceToTheEndWhereItBinds) {
  KnownWorld world = three_queries();
  const Consumption consumption = declared(world, {}, {0, 1, 2});
  const ActionSpace actions(world.table->arms);
  const Feasibility free(actions, consumption, 3), bound(actions, consumption, 3, true);
  std::uint8_t mask[2];
  const Amounts limit = {300, kUnlimited};
  EXPECT_TRUE(free.mask(0, {}, limit, mask));
  EXPECT_THAT(mask, ElementsAre(1, 1));
  EXPECT_TRUE(bound.mask(0, {}, limit, mask));
  EXPECT_THAT(mask, ElementsAre(1, 0));
}

TEST(Arms, AreNamed) {
  EXPECT_EQ(ActionSpace(2).name(0), "local");
  EXPECT_EQ(ActionSpace(2).name(1), "cloud");
  EXPECT_EQ(ActionSpace(2).name(4), "cloud+0+1");
  std::vector<Arm> arms(64);
  for (std::size_t a = 0; a < 64; ++a) arms[a].name = "a" + std::to_string(a);
  EXPECT_EQ(ActionSpace(arms).name(63), "a63");
  // All 64 kinds have their bit.
  const ActionSpace actions(arms);
  std::vector<Amounts> by_arm;
  for (std::int64_t a = 0; a < 64; ++a) by_arm.push_back({a, 0});
  const Consumption consumption(actions, by_arm);
  const Feasibility feasibility(actions, consumption, 1);
  EXPECT_EQ(feasibility.kinds(0, {}, {kUnlimited, kUnlimited}), ~KindSet{0});
  EXPECT_EQ(feasibility.kinds(0, {}, {62, kUnlimited}), ~KindSet{0} >> 1);
  arms[3].name = "a4";
  EXPECT_THAT(message_of([&] { ActionSpace{arms}; }), HasSubstr("'a4' is there twice"));
  arms.emplace_back();
  EXPECT_THAT(message_of([&] { ActionSpace{arms}; }), HasSubstr("a world has 1 to 64"));
}

// Three texts: one without a word, and two of the same words in other letters and other order.
KnownWorld three_texts() {
  KnownWorld world(3, 1, 2, 1);
  world.table->text = "!?Add 2, add 3.add3ADD 2";
  world.table->text_begin = {0, 2, 15, 24};
  world.table->feature_names = {"own"};
  world.table->features = {5, 6, 7};
  return world;
}

TEST(TextFeatures, AreOfWordsAndPairsAlone) {
  const KnownWorld world = three_texts();
  const EpisodeTable made = with_text_features(world.data(), 16, "hash");
  EXPECT_EQ(made.sha256, "hash");
  ASSERT_EQ(made.outcomes->feature_names.size(), 18U);
  const std::vector<float>& f = made.outcomes->features;
  ASSERT_EQ(f.size(), 3U * 18);
  for (std::size_t turn = 0; turn < 3; ++turn) {
    EXPECT_EQ(f[turn * 18], world.table->features[turn]);
    const double bytes = std::array{2.0, 13.0, 9.0}[turn];
    EXPECT_NEAR(f[turn * 18 + 1], std::log2(1 + bytes) / 8, 1e-6);
    double square = 0;
    for (std::size_t b = 2; b < 18; ++b) square += f[turn * 18 + b] * f[turn * 18 + b] / 16;
    EXPECT_NEAR(square, turn == 0 ? 0 : 1, 1e-6);
  }
  KnownWorld same = three_texts();
  same.table->text = "!?aDD 2; ADD 3?add3ADD 2";
  EXPECT_EQ(with_text_features(same.data(), 16, "").outcomes->features, f);
  same.table->text = "!?Add 3, add 2.add3ADD 2";
  EXPECT_NE(with_text_features(same.data(), 4096, "").outcomes->features,
            with_text_features(world.data(), 4096, "").outcomes->features)
      << "pairs tell the order";
}

TEST(TextFeatures, NeedTexts) {
  EXPECT_THAT(message_of([] { with_text_features(KnownWorld(2, 1, 2, 1).data(), 8, ""); }),
              HasSubstr("no texts of queries"));
}

}  // namespace
}  // namespace offload
