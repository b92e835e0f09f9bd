// One of everything: whoever counts a single thing names it in the singular.
#include <gmock/gmock.h>

#include <regex>
#include <set>

#include "end_to_end/typed.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;

// Counted things in the plural behind a 1. Words that end as plurals do and are none, and columns of figures,
// in which the next number's heading follows the last one's figure, are no counts.
std::string many_of_one(const std::string& text) {
  static const std::regex counted(R"((^|[^\w.,:+/-])1 ((?:[a-z-]+ )?([a-z]{2,}s))\b(?!['/.]\w))");
  static const std::set<std::string> no_plurals = {"is",   "was",    "has",  "earns", "leads", "breaks",
                                                   "less", "across", "this", "its",   "keeps", "means",
                                                   "plus", "as",     "does", "loss"};
  for (const std::string& line : lines_of(text)) {
    for (std::sregex_iterator at(line.begin(), line.end(), counted), end; at != end; ++at) {
      if (!no_plurals.contains((*at)[3].str())) return line;
    }
  }
  return {};
}

TEST(ManyOfOne, IsFoundInSentencesAlone) {
  EXPECT_NE(many_of_one("1 trials run, 0 failed"), "");
  EXPECT_NE(many_of_one("paired, 1 tests of 1 episodes"), "");
  EXPECT_NE(many_of_one("all 1 exploratory lines"), "");
  EXPECT_EQ(many_of_one("1 trial run of 21 rows, 0.1 seconds; 1 is best"), "");
}

class OnesTest : public TerminalTest {
 protected:
  void expect_singular(const std::string& arguments, const std::string& prefix = "") const {
    const Outcome outcome = run(arguments, prefix);
    EXPECT_LE(outcome.status, 6) << arguments;
    EXPECT_EQ(many_of_one(outcome.out), "") << arguments;
    EXPECT_EQ(many_of_one(outcome.err), "") << arguments;
  }
};

// Ids of the first two of the synthetic episodes: one is learnt on, one tests.
TEST_F(OnesTest, NoVerbPutsOneOfAThingIntoThePlural) {
  write(
      "one.toml",
      "[suite]\nname = \"one\"\n[data]\nsource = \"synthetic:2\"\nsplit = {train_ids = [0], test_ids = [1]}\n"
      "[budgets]\ncells = [{name = \"open\"}]\n[[row]]\nname = \"random\"\n[evaluation]\nmodels = "
      "[\"table\"]\noracle_nodes = 2000\n");
  write(
      "actions.json",
      R"({"train_ids":[0],"test_ids":[1],"latency_budget_s":null,"evaluation":[{"episode_id":1,"actions":[0]}]})");
  ASSERT_EQ(run("run one.toml --out r").status, 0) << read_text(folder_ / "err.txt");
  std::filesystem::remove_all(folder_ / "r");
  const std::string routing = std::string(kSources) + "/datasets/routing.csv";
  for (const char* arguments : {"run one.toml --dry-run",
                                "run one.toml --out r",
                                "run one.toml --out r",
                                "run one.toml --debug random",
                                "show r",
                                "show r --long",
                                "report r --long",
                                "report r --format md",
                                "compare r r",
                                "compare r r --format md",
                                "export r --leaderboard --format latex",
                                "oracle one.toml",
                                "power one.toml",
                                "verify r",
                                "verify r --train",
                                "datasets synth --episodes 1 --out s.json",
                                "datasets describe s.json",
                                "datasets pack s.json --out s.packed",
                                "replay actions.json --dataset synthetic:2",
                                "slurm one.toml --tasks 1 --out parts",
                                "slurm --status parts",
                                "submit r --as me --out r.tar.zst",
                                "leaderboard init board",
                                "leaderboard task board one.toml",
                                "leaderboard add board r.tar.zst",
                                "leaderboard list board",
                                "leaderboard build board --out site",
                                "leaderboard secret --episodes 1 --out secret.json",
                                "leaderboard draw secret.json --out hidden.json",
                                "tasks",
                                "list",
                                "check random"}) {
    expect_singular(arguments);
    expect_singular(arguments, "COLUMNS=80");
  }
  expect_singular("datasets describe " + routing);
  EXPECT_THAT(run("run one.toml --out r").out, HasSubstr("0 trials run, 0 failed, 1 already done"));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
    const std::string ending = entry.path().extension().string();
    if (ending == ".md" || (ending == ".html" && entry.path().filename() != "report.html")) {
      EXPECT_EQ(many_of_one(read_text(entry.path())), "") << entry.path();
    }
  }
}

}  // namespace
}  // namespace offload::testing
