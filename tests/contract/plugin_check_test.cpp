#include "host/plugin_check.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

namespace offload {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// "name: reason" of every check that failed.
std::vector<std::string> failures(const std::string& library) {
  std::vector<std::string> failed;
  check_plugin(library, 30, [&](const CheckResult& result) {
    if (result.outcome == CheckOutcome::failed) failed.push_back(result.name + ": " + result.reason);
  });
  return failed;
}

std::vector<std::string> failures_of_bad_agent(const char* fault) {
  ::setenv("OFFLOAD_TEST_FAULT", fault, 1);
  const auto failed = failures(BAD_PLUGINS "/bad-agent.so");
  ::unsetenv("OFFLOAD_TEST_FAULT");
  return failed;
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
  EXPECT_THAT(failures_of_bad_agent("batch"),
              ElementsAre("independent of batching: row 7 gets action 1 in a batch of 8 and 0 alone"));
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
  EXPECT_THAT(failures(BAD_PLUGINS "/forgetful.so"), finds("checkpoint round trip: saving what was loaded"));
  EXPECT_THAT(failures(BAD_PLUGINS "/other-size.so"), finds("create set the table's size to 72"));
  EXPECT_THAT(failures_of_bad_agent("slow"), ElementsAre(HasSubstr("created in time: create took 1.1 s")));
  EXPECT_THAT(failures_of_bad_agent("empty"),
              ElementsAre(HasSubstr("an empty batch: agent 'bad-agent' failed in act: no first row")));
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
