#include <gmock/gmock.h>

#include "check/sample_turns.hpp"
#include "contract/messages.hpp"
#include "plugin/instance.hpp"
#include "plugin/library.hpp"
#include "plugin/search.hpp"

namespace offload {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kGood = PLUGINS;

std::string refusal(const std::string& id, const std::string& key, ParameterValue value) {
  const SampleEnvironment environment;
  return message_of(ErrorKind::config, [&] {
    AgentInstance(kGood + "/" + id + ".so", {{key, {std::move(value), "quickstart.toml:7"}}},
                  environment.raw());
  });
}

TEST(Parameters, UnknownKeysAreNamedWithTheKnownOnes) {
  EXPECT_EQ(
      refusal("greedy-quality", "epsiln", 0.1),
      "quickstart.toml:7: unknown key 'epsiln' for agent 'greedy-quality'; known: epsilon; did you mean "
      "'epsilon'?");
  EXPECT_EQ(
      refusal("epsilon-greedy", "slots", std::int64_t{1}),
      "quickstart.toml:7: unknown key 'slots' for agent 'epsilon-greedy'; known: epsilon, epsilon_decay");
  EXPECT_EQ(refusal("local-only", "x", true),
            "quickstart.toml:7: unknown key 'x' for agent 'local-only'; known: none");
}

TEST(Parameters, TypesAndRangesAreChecked) {
  EXPECT_EQ(refusal("greedy-quality", "epsilon", 1.5),
            "quickstart.toml:7: epsilon of agent 'greedy-quality' is 1.5; expected a number in [0, 1]");
  EXPECT_EQ(refusal("greedy-quality", "epsilon", std::string("high")),
            "quickstart.toml:7: epsilon of agent 'greedy-quality' is \"high\"; expected a number in [0, 1]");
  EXPECT_THAT(refusal("greedy-quality", "epsilon", std::numeric_limits<double>::quiet_NaN()),
              HasSubstr("is nan; expected a number in [0, 1]"));
  EXPECT_EQ(refusal("constant", "action", std::int64_t{9}),
            "quickstart.toml:7: action of agent 'constant' is 9; expected an integer in [0, 8]");
  EXPECT_THAT(refusal("constant", "action", 2.5),
              HasSubstr("action of agent 'constant' is 2.5; expected an integer"));
  EXPECT_THAT(refusal("random", "masked", std::int64_t{1}), HasSubstr("is 1; expected true or false"));
  EXPECT_EQ(refusal("greedy-quality", "epsilon", std::int64_t{1}), "no error");
}

// What files of results cannot hold.
TEST(Parameters, NumbersAreFiniteAndTextsBounded) {
  const auto refused = [](const char* key, ParameterValue value) {
    return message_of(ErrorKind::config, [&] {
      const SampleEnvironment environment;
      AgentInstance(std::string(BAD_PLUGINS) + "/hostile.so", {{key, {std::move(value), "a.toml:7"}}},
                    environment.raw());
    });
  };
  EXPECT_THAT(refused("name", std::string(5000, 'x')), HasSubstr("expected a text of at most 4096 bytes"));
  EXPECT_EQ(refused("name", std::string(4096, 'x')), "no error");
}

TEST(Parameters, ResolvedValuesHoldDefaults) {
  const SampleEnvironment environment;
  const AgentInstance agent(kGood + "/epsilon-greedy.so", {{"epsilon", {std::int64_t{1}, "a:1"}}},
                            environment.raw());
  EXPECT_EQ(agent.resolved(), (ResolvedParameters{{"epsilon", 1.0}, {"epsilon_decay", 0.9995}}));
}

TEST(Description, SurvivesItsJson) {
  const SampleEnvironment environment;
  const PluginInfo info =
      plugin_info_from_json(to_json(describe_plugin(kGood + "/greedy-quality.so", environment.raw())));
  EXPECT_EQ(info.id, "greedy-quality");
  EXPECT_THAT(info.capabilities, ElementsAre("trained", "checkpoint", "portable_bits"));
  ASSERT_EQ(info.parameters.size(), 1u);
  EXPECT_EQ(info.parameters[0].type, "number");
  EXPECT_EQ(std::get<double>(info.parameters[0].fallback), 0.1);
  EXPECT_EQ(range_text(info.parameters[0]), "[0, 1]");
  EXPECT_THAT(message_of(ErrorKind::plugin, [] { plugin_info_from_json("{}"); }), HasSubstr("damaged"));
}

TEST(Search, FindsByIdAndByPathAndSuggests) {
  const PluginSearch search({BAD_PLUGINS});
  EXPECT_EQ(search.find("c-agent"), std::filesystem::path(BAD_PLUGINS) / "c-agent.so");
  EXPECT_EQ(search.find("random"), std::filesystem::path(PLUGINS) / "random.so");
  EXPECT_EQ(search.find("random.so", PLUGINS), std::filesystem::path(PLUGINS) / "random.so");
  EXPECT_THAT(
      message_of(ErrorKind::plugin, [&] { search.find("randon"); }),
      testing::AllOf(HasSubstr("no plugin 'randon' in " BAD_PLUGINS), HasSubstr("did you mean 'random'?")));
  EXPECT_THAT(message_of(ErrorKind::plugin, [&] { search.find("no/such.so", "/tmp"); }),
              HasSubstr("/tmp/no/such.so: no such plugin file"));
  EXPECT_THAT(message_of(ErrorKind::config, [] { PluginSearch({"/no/such/folder"}); }),
              HasSubstr("--plugin-dir /no/such/folder: no such folder"));
}

}  // namespace
}  // namespace offload
