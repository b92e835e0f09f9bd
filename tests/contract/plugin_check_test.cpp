#include "check/conformance.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

#include "core/instruction_set.hpp"

namespace offload {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// "name: reason" of every check that failed.
std::vector<std::string> failures(const std::string& library) {
  std::vector<std::string> failed;
  check_plugin(std::filesystem::path(library), 30, [&](const CheckResult& result) {
    if (result.outcome == CheckOutcome::failed) failed.push_back(result.name + ": " + result.reason);
  });
  return failed;
}

std::vector<std::string> failures_with(const char* fault, const char* library) {
  ::setenv("OFFLOAD_TEST_FAULT", fault, 1);
  const auto failed = failures(std::string(BAD_PLUGINS "/") + library);
  ::unsetenv("OFFLOAD_TEST_FAULT");
  return failed;
}
std::vector<std::string> failures_of_bad_agent(const char* fault) {
  return failures_with(fault, "bad-agent.so");
}

TEST(PluginCheck, TheBaselinesAndThePluginInCPass) {
  for (const char* id : {"random", "local-only", "cloud-only", "constant", "cost-min", "greedy-quality",
                         "epsilon-greedy", "recurrent-mean", "tmo-weighted", "budget-aware"}) {
    EXPECT_THAT(failures(std::string(PLUGINS) + "/" + id + ".so"), IsEmpty()) << id;
  }
  EXPECT_THAT(failures(BAD_PLUGINS "/c-agent.so"), IsEmpty());
  EXPECT_THAT(failures_of_bad_agent("none"), IsEmpty());
}

TEST(PluginCheck, NamesTheBrokenPromise) {
  EXPECT_THAT(failures_of_bad_agent("outside"),
              testing::Contains("actions in range: agent 'bad-agent': row 2: action 12 is outside 0..8"));
  EXPECT_THAT(
      failures_of_bad_agent("batch"),
      ElementsAre("independent of batching: exploring, row 255 gets action 1 in a batch of 256 and 0 alone"));
  EXPECT_THAT(
      failures_of_bad_agent("count"),
      testing::Contains(HasSubstr("same seed, same trace: two runs with the same seed differ at training "
                                  "action 0")));
  EXPECT_THAT(failures_of_bad_agent("evaluation"),
              testing::Contains(HasSubstr("evaluation changes nothing: training takes another course")));
  EXPECT_THAT(
      failures(BAD_PLUGINS "/bad-reward.so"),
      testing::Contains(HasSubstr("rows depend on themselves alone: reward 'bad-reward': reward is NaN")));
}

// One assertion for each of the faults that authors are likeliest to build in.
TEST(PluginCheck, FindsEveryPlantedFault) {
  const auto finds = [](const std::string& what) { return testing::Contains(HasSubstr(what)); };
  EXPECT_THAT(failures_of_bad_agent("outside"), finds("actions in range: "));
  EXPECT_THAT(failures_of_bad_agent("count"), finds("same seed, same trace: "));
  EXPECT_THAT(failures_of_bad_agent("batch"), finds("independent of batching: "));
  EXPECT_THAT(failures(BAD_PLUGINS "/impure-reward.so"), finds("rows depend on themselves alone: "));
  EXPECT_THAT(failures_with("half", "forgetful.so"),
              finds("checkpoint round trip: the restored agent chooses other"));
  EXPECT_THAT(failures(BAD_PLUGINS "/other-size.so"), finds("create set the table's size to 72"));
  EXPECT_THAT(failures_of_bad_agent("slow"), ElementsAre(HasSubstr("created in time: create took 1.1 s")));
  EXPECT_THAT(failures_of_bad_agent("empty"),
              ElementsAre(HasSubstr("an empty batch: agent 'bad-agent' failed in act: no first row")));
}

// What breaks only in training, with some budgets, in large or later batches, or in another process.
TEST(PluginCheck, FindsFaultsThatShowAtTimes) {
  const auto named = [](const char* fault, const std::string& what) {
    EXPECT_THAT(failures_with(fault, "faulty-agent.so"), testing::Contains(HasSubstr(what))) << fault;
  };
  EXPECT_THAT(failures_with("none", "faulty-agent.so"), IsEmpty());
  named("one below", "actions in range: agent 'faulty-agent': row 0: action -1 is outside 0..8");
  named("one above when exploring",
        "actions in range: agent 'faulty-agent': row 0: action 9 is outside 0..8");
  named("unwritten when exploring", "actions in range: agent 'faulty-agent': act wrote no action for row 0");
  named("outside when unlimited", "actions in range: ");
  named("outside when over budget", "actions in range: ");
  named("outside when one is allowed", "actions in range: ");
  named("large batches",
        "independent of batching: exploring, row 255 gets action 1 in a batch of 256 and 0 alone");
  named("batches when exploring", "independent of batching: exploring, row 255 gets action 1 in a batch");
  named("later batches", "independent of batching: ");
  named("the next row's mask", "independent of batching: ");
  named("memory by row", "independent of batching: ");
  named("calls", "independent of batching: the same turns get other actions when they are asked for again");
  named("created before, evaluating",
        "same seed, same trace: two runs with the same seed differ when they are eval");
  named("clock", "same seed, same trace: the same in another process gives something else");
  named("evaluation when trained", "evaluation changes nothing: ");
  named("empty when trained", "an empty batch: agent 'faulty-agent' failed in act: no first row");
  named("few tasks", "a larger environment: agent 'faulty-agent' failed in act: ");
}

std::vector<std::string> failures_of_peeker(const char* by, const char* from, bool global) {
  ::setenv("OFFLOAD_TEST_BY", by, 1);
  ::setenv("OFFLOAD_TEST_FROM", from, 1);
  ::setenv("OFFLOAD_TEST_GLOBAL", global ? "yes" : "no", 1);
  const auto failed = failures(BAD_PLUGINS "/peeker.so");
  for (const char* name : {"OFFLOAD_TEST_BY", "OFFLOAD_TEST_FROM", "OFFLOAD_TEST_GLOBAL"}) ::unsetenv(name);
  return failed;
}

// Agents that remember episodes of earlier evaluations, and behave until they are told as many training steps
// as a suite has, were called some thousand times, or ten minutes have passed.
TEST(PluginCheck, FindsWhoRemembersEarlierEvaluations) {
  EXPECT_THAT(failures_of_peeker("nothing", "first", false), IsEmpty());
  const auto found = testing::Contains(HasSubstr("remembers no evaluation: evaluated again, the agent"));
  for (const char* by : {"bits", "start", "slot"}) {
    for (const char* from : {"suite", "calls", "steady", "wall"}) {
      EXPECT_THAT(failures_of_peeker(by, from, false), found) << by << ' ' << from;
    }
    EXPECT_THAT(failures_of_peeker(by, "suite", true), found) << by;
  }
}

TEST(PluginCheck, FindsBitsThatAreNotPortable) {
  if (!can_use_instruction_set("avx2")) GTEST_SKIP() << "this processor has one instruction set";
  EXPECT_THAT(failures_with("portable bits", "faulty-agent.so"),
              ElementsAre(HasSubstr(
                  "portable bits: declares portable bits, but baseline and avx2 give different ones")));
}

TEST(PluginCheck, FindsWhatACheckpointLacks) {
  const auto named = [](const char* fault, const std::string& what) {
    EXPECT_THAT(failures_with(fault, "forgetful.so"),
                ElementsAre(HasSubstr("checkpoint round trip: " + what)))
        << fault;
  };
  EXPECT_THAT(failures_with("none", "forgetful.so"), IsEmpty());
  named("nothing", "saving what was loaded gives other bytes");
  named("half", "the restored agent chooses other actions");
  named("optimiser", "trained further, the restored agent and the one that was saved differ at action");
  named("kept", "trained further, the restored agent and the one that was saved differ at action");
  named("counter", "saving twice gives different bytes");
}

TEST(PluginCheck, FindsRewardsThatAreNotFunctionsOfTheirRow) {
  const auto named = [](const char* fault, const std::string& what) {
    EXPECT_THAT(failures_with(fault, "impure-reward.so"),
                testing::Contains(HasSubstr("rows depend on themselves alone: " + what)))
        << fault;
  };
  EXPECT_THAT(failures_with("none", "impure-reward.so"), IsEmpty());
  named("before", "the same outcome scores");
  named("later", "the same outcome scores");
  named("instance", "the same outcome scores");
  named("clock", "the same in another process gives something else");
  named("free", "reward 'impure-reward': reward is");
  named("unlimited", "reward 'impure-reward': reward is NaN");
  named("unjudged", "reward 'impure-reward': reward is infinite");
}

TEST(PluginCheck, FindsATableOfAnExtensionWithoutItsSize) {
  EXPECT_THAT(failures(BAD_PLUGINS "/other-extension.so"),
              ElementsAre(HasSubstr(
                  "its table of offload.checkpoint/1 says size 0, where this host's has 24 bytes")));
}

TEST(PluginCheck, FindsATableThatIsWrittenBeyondItsEnd) {
  EXPECT_THAT(failures(BAD_PLUGINS "/other-layout.so"),
              ElementsAre(HasSubstr("create wrote behind the table")));
}

TEST(PluginCheck, EndsWhenThePluginDoesNotLoad) {
  EXPECT_THAT(failures(BAD_PLUGINS "/no-symbol.so"), ElementsAre(HasSubstr("loads and describes itself: ")));
  ::setenv("OFFLOAD_TEST_HARM", "segfault", 1);
  EXPECT_THAT(failures(BAD_PLUGINS "/static-init.so"), ElementsAre(HasSubstr("died of signal 11 (SIGSEGV)")));
  ::unsetenv("OFFLOAD_TEST_HARM");
}

}  // namespace
}  // namespace offload
