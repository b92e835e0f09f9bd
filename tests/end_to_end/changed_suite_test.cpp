// A suite whose text changes between two runs into one folder, and one that has no name of its own.
#include <gmock/gmock.h>

#include "end_to_end/command.hpp"

namespace offload::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kRest = R"(
[data]
source = "synthetic:40"
split = {test_ratio = 0.25, seeds = [0]}
[training]
steps = 300
curve_every = 100
[evaluation]
oracle_nodes = 0
[[row]]
name = "random"
[[row]]
name = "greedy"
plugin = "greedy-quality"
)";

class ChangedSuiteTest : public CommandTest {
 protected:
  std::string verified(const std::string& folder) const {
    const Outcome outcome = run("verify " + folder);
    EXPECT_EQ(outcome.status, 6) << outcome.out << outcome.err;  // learners are believed
    return outcome.out;
  }
};

TEST_F(ChangedSuiteTest, ANameThatIsTheFilesGoesWithTheFolder) {
  for (const char* head :
       {"", "suite = {}", "suite = {seed = 3}", "suite.seed = 3", "[suite]\nseed = 3", "[suite] # no name"}) {
    SCOPED_TRACE(head);
    write("my \\\"own\".toml", head + std::string(kRest));
    for (const char* folder : {"a", "b"}) std::filesystem::remove_all(folder_ / folder);
    ASSERT_EQ(run("run 'my \\\"own\".toml' --out a").status, 0);
    EXPECT_THAT(verified("a"), HasSubstr("nothing is wrong"));
    ASSERT_EQ(run("run a/suite.toml --out b").status, 0);
    for (const char* folder : {"a", "b"})
      EXPECT_THAT(read_text(folder_ / folder / "suite.json"), HasSubstr(R"("suite": "my \\\"own\"")"));
  }
}

TEST_F(ChangedSuiteTest, RowsThatAreGoneAreForeignAndNoFault) {
  write("s.toml", kRest);
  ASSERT_EQ(run("run s.toml --out r").status, 0);
  write_text(folder_ / "r" / "events" / "greedy" / "seed0" / "notes", "mine");
  std::string renamed = kRest;
  renamed.replace(renamed.find("\"greedy\""), 8, "\"other\"");
  write("s.toml", renamed);
  const Outcome again = run("run s.toml --out r");
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("Left out: trials/"));
  const auto events = folder_ / "r" / "events";
  EXPECT_TRUE(std::filesystem::exists(events / "other" / "seed0" / "events.out.tfevents.offload"));
  EXPECT_FALSE(std::filesystem::exists(events / "greedy" / "seed0" / "events.out.tfevents.offload"));
  EXPECT_TRUE(std::filesystem::exists(events / "greedy" / "seed0" / "notes"));  // not ours
  std::filesystem::remove_all(events / "greedy");
  EXPECT_THAT(again.err, HasSubstr("1 trial is there of another plan"));
  // No figure counts it, and nobody is accused.
  const Outcome outcome = run("verify r --json");
  EXPECT_EQ(outcome.status, 6);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("what is under a foreign key"),
                                 HasSubstr("(row 'greedy' on split 'seed0')"), Not(HasSubstr("events/"))));
  write("s.toml", kRest);
  const Outcome back = run("run s.toml --out r");
  EXPECT_EQ(back.status, 0);
  EXPECT_THAT(back.out, HasSubstr("0 trials run, 0 failed, 2 already done"));
}

}  // namespace
}  // namespace offload::testing
