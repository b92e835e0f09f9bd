// An agent in a process of its own does what it does in this one, to the bit, and cannot hurt this one.
#include "remote/remote_agent.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <csignal>

#include "check/random_turns.hpp"
#include "check/sample_features.hpp"
#include "contract/messages.hpp"
#include "plugin/instance.hpp"
#include "plugin/sample_environment.hpp"
#include "remote/creation.hpp"
#include "temporary_folder.hpp"
#include "test_python.hpp"

namespace offload {
namespace {

using testing::HasSubstr;

const std::string kBad = BAD_PLUGINS;
const std::string kGood = PLUGINS;
constexpr int kSteps = 300;

RemoteAgent remote(const std::string& library, const SampleEnvironment& environment,
                   const Parameters& parameters = {}) {
  return {library, parameters, environment.raw(), {}};
}

// All that it decides, learns and says of itself.
std::string life_of(AnyAgent& agent, const offload_environment& environment) {
  Actions trace;
  Lesson lesson(environment);
  lesson.train(agent, kSteps, trace);
  for (const SampleTurns& turns : episodes(agent, environment, 64, 5, OFFLOAD_EVALUATE)) {
    const Actions some = act(agent, turns, OFFLOAD_EVALUATE);
    trace.insert(trace.end(), some.begin(), some.end());
  }
  std::string life = fmt::format("{} {} {} {}\n", agent.info().id, agent.training_slots(), agent.trained(),
                                 agent.portable_bits());
  for (const std::int32_t action : trace) life += fmt::format("{} ", action);
  std::vector<double> scalars(agent.scalar_names().size());
  agent.read_scalars(scalars);
  for (std::size_t i = 0; i < scalars.size(); ++i)
    life += fmt::format("{} {} ", agent.scalar_names()[i], scalars[i]);
  return life + (agent.has_checkpoint() ? agent.save_checkpoint() : "");
}

TEST(RemoteAgent, DoesWhatItDoesInThisProcess) {
  const SampleEnvironment environment;
  for (const char* id :
       {"random", "local-only", "cost-min", "greedy-quality", "epsilon-greedy", "recurrent-mean"}) {
    SCOPED_TRACE(id);
    const std::string library = kGood + "/" + id + ".so";
    AgentInstance here(library, {}, environment.raw());
    RemoteAgent there = remote(library, environment);
    EXPECT_EQ(life_of(here, environment.raw()), life_of(there, environment.raw()));
    EXPECT_EQ(here.resolved(), there.resolved());
    EXPECT_EQ(here.facts(), there.facts());
    EXPECT_EQ(here.info().sha256, there.info().sha256);
    EXPECT_NO_THROW(there.end());
  }
}

TEST(RemoteAgent, GoesOnFromACheckpoint) {
  const SampleEnvironment environment;
  const std::string library = kGood + "/epsilon-greedy.so";
  AgentInstance here(library, {}, environment.raw());
  Actions trace, restored_trace;
  Lesson lesson(environment.raw());
  lesson.train(here, kSteps, trace);
  RemoteAgent there = remote(library, environment);
  there.load_checkpoint(here.save_checkpoint());
  Lesson likewise = lesson;
  trace.clear();
  lesson.train(here, kSteps, trace);
  likewise.train(there, kSteps, restored_trace);
  EXPECT_EQ(trace, restored_trace);
  EXPECT_THAT(message_of(ErrorKind::plugin, [&] { there.load_checkpoint("nothing of the sort"); }),
              HasSubstr("agent 'epsilon-greedy' failed in load: "));
}

constexpr const char* kSeer = R"(class Seer:
    def __init__(self, env, parameters):
        self.actions = env.actions
        said = [(a.name, a.provider, a.placement, a.arm, a.views) for a in env.action]
        assert said[0] == ("local", "", "device", 0, ()), said
        for name, provider, placement, arm, views in said[1:]:
            assert (name, placement, arm) == ("cloud" + "".join("+%d" % view for view in views), "cloud", 1), said
        assert len({a.views for a in env.action[1:]}) == 2 ** env.modalities
        assert len(said) == env.actions and env.arms == 2
        assert (env.action[1].latency_s, env.action[1].cost_usd) == tuple(env.consumption[1])
        assert env.features == ("length", "digits", "share of code")
    def act(self, view, explore):
        assert view.features.shape == (view.n, 3) and not view.features.flags.writeable
        return (view.features[:, 0] * self.actions).astype(int)
    def observe(self, step):
        self.seen = (step.before.features, step.after.features)
    def scalars(self):
        seen = getattr(self, "seen", None)
        return {"before": seen[0][0, 2] if seen else 0, "after": seen[1][0, 2] if seen else 0}
)";

TEST(RemoteAgent, SeesTheFeaturesAndNamesOfItsWorld) {
  const std::string python = test::test_python();
  if (python.empty()) GTEST_SKIP() << test::kNoPython;
  const test::TemporaryFolder folder;
  folder.write("seer.py", kSeer);
  const SampleEnvironment environment;
  const RemoteSettings settings{.python = python, .world = sample_world(environment.raw())};
  RemoteAgent agent((folder / "seer.py").string() + ":Seer", {}, environment.raw(), settings);
  ASSERT_EQ(agent.query_features(), 3);
  const SampleTurns turns(environment.raw(), 40), reached(environment.raw(), 1);
  const offload_view view = turns.view(), after = reached.view();
  const SampleFeatures features(3);
  Actions expected(turns.n), action(turns.n);
  for (std::size_t i = 0; i < turns.n; ++i)
    expected[i] = static_cast<std::int32_t>(features.features(view)[3 * i] *
                                            static_cast<float>(environment.raw().actions));
  agent.act(view, OFFLOAD_EVALUATE, action.data(), &features);
  EXPECT_EQ(action, expected);
  // Nobody knows them: zeros.
  agent.act(view, OFFLOAD_EVALUATE, action.data());
  EXPECT_EQ(action, Actions(turns.n, 0));
  SampleTurns before(environment.raw(), 1);
  before.rng[0] = 17;
  const SampleStep step(before);
  offload_transition transition = step.transition();
  transition.after = &after;
  agent.observe(transition, &features);
  std::vector<double> seen(2);
  agent.read_scalars(seen);
  EXPECT_EQ(seen,
            (std::vector<double>{features.features(*transition.before)[2], features.features(after)[2]}));
}

// A checkpoint is longer than one.
TEST(RemoteAgent, SendsLongMessagesInPieces) {
  const SampleEnvironment environment;
  const std::string library = kBad + "/large-checkpoint.so";
  RemoteAgent agent = remote(library, environment, {{"megabytes", {std::int64_t{5}, "s.toml:4"}}});
  const std::string saved = agent.save_checkpoint();
  ASSERT_GT(saved.size(), 5'000'000U);
  RemoteAgent other = remote(library, environment, {{"megabytes", {std::int64_t{3}, "s.toml:4"}}});
  other.load_checkpoint(saved);
  EXPECT_EQ(other.save_checkpoint(), saved);
}

TEST(RemoteAgent, SaysWhatThePluginSays) {
  const SampleEnvironment environment;
  const auto failure = [&](const std::string& fault) {
    return message_of(ErrorKind::plugin, [&] {
      RemoteAgent agent = remote(kBad + "/bad-agent.so", environment, {{"fault", {fault, "s.toml:4"}}});
      act(agent, SampleTurns(environment.raw(), 4), OFFLOAD_EVALUATE);
    });
  };
  EXPECT_EQ(failure("none"), "no error");
  EXPECT_EQ(failure("create"), "agent 'bad-agent' failed in create: the network file is missing");
  EXPECT_EQ(failure("act"), "agent 'bad-agent' failed in act: lost my mind");
  EXPECT_EQ(failure("outside"), "agent 'bad-agent': row 2: action 12 is outside 0..8");
  EXPECT_EQ(failure("skipped"), "agent 'bad-agent': act wrote no action for row 1");
  EXPECT_EQ(message_of(ErrorKind::config,
                       [&] {
                         remote(kGood + "/epsilon-greedy.so", environment, {{"epsiln", {.5, "s.toml:7"}}});
                       }),
            message_of(ErrorKind::config, [&] {
              AgentInstance(kGood + "/epsilon-greedy.so", {{"epsiln", {.5, "s.toml:7"}}}, environment.raw());
            }));
  EXPECT_THAT(message_of(ErrorKind::plugin, [&] { remote(kBad + "/no-act.so", environment); }),
              HasSubstr("agent 'no-act': has no act"));
}

TEST(RemoteAgent, EndsAsItsProcessEnds) {
  const SampleEnvironment environment;
  const auto end_of = [&](const std::string& harm) {
    try {
      RemoteAgent agent = remote(kBad + "/hostile.so", environment, {{"harm", {harm, "s.toml:4"}}});
      life_of(agent, environment.raw());
      agent.end();
    } catch (const AgentEnded& end) {
      return std::string(end.what());
    }
    return std::string("goes on");
  };
  EXPECT_EQ(end_of("none"), "goes on");
  EXPECT_EQ(end_of("segfault"), "agent 'hostile': its process was ended by signal 11 (SIGSEGV)");
  EXPECT_EQ(end_of("abort"), "agent 'hostile': its process was ended by signal 6 (SIGABRT)");
  EXPECT_EQ(end_of("destroy"), "agent 'hostile': its process was ended by signal 6 (SIGABRT)");
  EXPECT_EQ(end_of("exit"), "agent 'hostile': its process ended with exit code 0");
}

TEST(RemoteAgent, PassesOnMegabytesOfOutput) {
  const SampleEnvironment environment;
  RemoteAgent agent = remote(kBad + "/hostile.so", environment, {{"harm", {"print", "s.toml:4"}}});
  testing::internal::CaptureStderr();
  life_of(agent, environment.raw());
  agent.end();
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::EndsWith("the last words\n"));
}

TEST(Creation, NumbersArriveAsTheyWere) {
  const SampleEnvironment environment;
  const double infinity = std::numeric_limits<double>::infinity();
  CreationRequest request;
  request.library = "/a/b.so";
  request.environment = environment.raw();
  request.environment.seed = 0xfedcba9876543210;
  request.images = {0, 7};
  request.consumption = {.1, infinity};
  request.parameters = {{"a", {.1, "s.toml:1"}},
                        {"b", {-infinity, ""}},
                        {"c", {std::int64_t{-3}, ""}},
                        {"d", {std::string("x\ny"), ""}},
                        {"e", {true, ""}},
                        {"f", {std::vector<double>{1, 1e-300}, ""}},
                        {"g", {2.0, ""}}};
  request.kind = "agent";
  request.world = {1, {"here", "there"}, {"", "x"}, {1, 2}, {0, 0}, {"length"}};
  const CreationRequest read = creation_request_from(to_json(request));
  EXPECT_EQ(read.kind, "agent");
  EXPECT_EQ(read.world.names, request.world.names);
  EXPECT_EQ(read.world.placements, request.world.placements);
  EXPECT_EQ(read.world.features, request.world.features);
  EXPECT_EQ(read.environment.seed, request.environment.seed);
  EXPECT_EQ(read.consumption, request.consumption);
  EXPECT_EQ(read.images, request.images);
  ASSERT_EQ(read.parameters.size(), request.parameters.size());
  for (const auto& [key, parameter] : request.parameters) {
    EXPECT_EQ(read.parameters.at(key).value, parameter.value) << key;
    EXPECT_EQ(read.parameters.at(key).place, parameter.place) << key;
  }
}

TEST(Creation, NothingThatAProcessSaysIsTaken) {
  const std::string good =
      to_json(CreatedAgent{PluginKind::agent, "x", "1", "s", 1, true, true, true, true, {"a"}, {}, {}, {}});
  EXPECT_EQ(created_agent_from(good).id, "x");
  const auto refusal = [&](const std::string& what, const std::string& with) {
    std::string text = good;
    text.replace(text.find(what), what.size(), with);
    return message_of(ErrorKind::plugin, [&] { created_agent_from(text); });
  };
  EXPECT_THAT(refusal("\"id\":\"x\"", "\"id\":\"../x\""), HasSubstr("not of the form"));
  EXPECT_THAT(refusal("\"kind\":\"agent\"", "\"kind\":\"oracle\""), HasSubstr("agent or reward"));
  EXPECT_THAT(refusal("\"training_slots\":1", "\"training_slots\":0"), HasSubstr("training_slots"));
  EXPECT_THAT(refusal("[\"a\"]", "[1]"), HasSubstr("scalars"));
  EXPECT_THAT(refusal("\"trained\":true", "\"trained\":1"), HasSubstr("true or false"));
  EXPECT_THAT(refusal("{\"", "[[\""), HasSubstr("what the plugin's process says of itself"));
  EXPECT_THAT(refusal("\"parameters\":{}", "\"parameters\":{\"p\":{}}"), HasSubstr("a list"));
}

}  // namespace
}  // namespace offload
