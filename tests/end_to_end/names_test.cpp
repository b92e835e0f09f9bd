// What a file names is shown as it stands, or refused where it is; and where mistakes of sweeps, drifts and
// models are.
#include <gmock/gmock.h>

#include <array>
#include <sstream>

#include "end_to_end/command.hpp"

namespace offload::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kActs = "a character that acts instead of showing";

class NamesTest : public CommandTest {
 protected:
  // What is said of a suite that is refused.
  std::string refusal(const std::string& suite, int status = 2, const std::string& options = "") const {
    write("suite.toml", suite);
    const Outcome outcome = run("run suite.toml --dry-run " + options);
    EXPECT_EQ(outcome.status, status) << outcome.out << suite;
    return outcome.err;
  }
};

const std::string kHead = "[data]\nsource = \"synthetic:20\"\n[training]\nsteps = 64\n";
const std::string kRow = "[[row]]\nname = \"epsilon-greedy\"\n";

TEST_F(NamesTest, OfSuitesShow) {
  for (const std::string name : {"a\\nb", "a\\u001b[31mb", "a\\tb", "\\u202eb", "a\\u007f"}) {
    const std::string named = "name = \"" + name + "\"\n";
    EXPECT_THAT(refusal("[suite]\n" + named + kHead + kRow),
                AllOf(HasSubstr("suite.toml:2: "), HasSubstr(kActs)));
    EXPECT_THAT(refusal(kHead + "[[row]]\nplugin = \"random\"\n" + named),
                AllOf(HasSubstr("suite.toml:7: "), HasSubstr(kActs)));
    EXPECT_THAT(refusal(kHead + kRow + "[budgets]\ncells = [{name = \"" + name + "\"}]\n"),
                AllOf(HasSubstr("suite.toml:8: "), HasSubstr(kActs)));
    EXPECT_THAT(
        refusal(kHead + kRow + "[evaluation]\ndrift = [{name = \"" + name + "\", network = \"4G\"}]\n"),
        AllOf(HasSubstr("suite.toml:8: "), HasSubstr(kActs)));
    EXPECT_THAT(refusal(kHead + kRow + "[profile.devices.\"" + name + "\"]\ngflops = 5\nwatts = 2\n"),
                HasSubstr(kActs));
  }
}

TEST_F(NamesTest, OfDataShow) {
  write("folds.json", "{\"f\\n0\": [0, 1]}");
  EXPECT_THAT(refusal("[data]\nsource = \"synthetic:20\"\nsplit = {folds = \"folds.json\"}\n" + kRow),
              AllOf(HasSubstr("folds.json"), HasSubstr(kActs)));
  const std::string world = "[data]\nsource = \"t.csv\"\n" + kRow;
  const auto csv = [&](const std::string& query, const std::string& task, const std::string& arm) {
    const auto line = [](const std::string& q, const std::string& t, const std::string& a) {
      return ",," + q + "," + t + "," + a + ",1,2,0.1,1,1,1,train,p\n";
    };
    std::string text =
        "session,turn,query,task,arm,quality,latency_s,cost_usd,input_tokens,output_tokens,known,split,"
        "prompt_"
        "group\n";
    for (const char* q : {"q1", "q2", "q3", "q4"})
      for (const char* a : {"x", "y"}) text += line(q, "t", a);
    write("t.csv", text + line(query, task, arm));
  };
  const std::string meta = "{\"quality_scale\": [0, 1], \"latency\": \"measured\"";
  write("t.meta.json", meta + "}");
  for (const auto& [query, task, arm] :
       {std::array{"\"q\x1b[2J\"", "t", "x"}, {"q5", "\"t\x07\"", "x"}, {"q5", "t", "\"x\x1b\""}}) {
    csv(query, task, arm);
    EXPECT_THAT(refusal(world, 3), HasSubstr(kActs));
  }
  csv("q5", "t", "x");
  for (const char* arm : {"{\"name\": \"x\\n\"}", "{\"name\": \"x\", \"provider\": \"a\\u001b[0m\"}"}) {
    write("t.meta.json", meta + ", \"arms\": [" + arm + ", {\"name\": \"y\"}]}");
    EXPECT_THAT(refusal(world, 3), HasSubstr("a name whose characters all show"));
  }
}

TEST_F(NamesTest, MistakesOfSweepsHaveTheirPlace) {
  EXPECT_THAT(refusal(kHead + kRow + "[[sweep]]\nrow = \"epsilon-greedy\"\n"),
              HasSubstr("suite.toml:7: [[sweep]] needs parameters"));
  EXPECT_THAT(refusal(kHead + kRow +
                      "[[sweep]]\nrow = \"epsilon-greedy\"\nparameters = {epsilon = {normal = [0, 1]}}\n"),
              HasSubstr("suite.toml:9: unknown key 'normal' in [[sweep]] parameters epsilon; known: uniform, "
                        "log_uniform, integer"));
  EXPECT_THAT(refusal(kHead + kRow, 2, "--set 'sweep=[{row=\"epsilon-greedy\"}]'"),
              HasSubstr("--set sweep=[{row=\"epsilon-greedy\"}]: [[sweep]] needs parameters"));
}

TEST_F(NamesTest, WhoAsksForTheTruthIsNamed) {
  write("plain.json", read_text(std::filesystem::path(OFFLOAD_SOURCE_DIR) / "datasets" / "tiny.json"));
  const std::string data = "[data]\nsource = \"plain.json\"\n";
  EXPECT_THAT(refusal(data + kRow + "[evaluation]\nmodels = [\"knn\", \"true_mean\"]\n"),
              HasSubstr("suite.toml:6: response model 'true_mean' needs synthetic data"));
  EXPECT_THAT(refusal(data + "[environment]\nresponse_model = \"true_mean\"\n" + kRow),
              HasSubstr("suite.toml:4: response model 'true_mean' needs synthetic data"));
}

TEST_F(NamesTest, CandidatesAreCutToTheTerminal) {
  write("suite.toml", kHead + kRow +
                          "[[sweep]]\nrow = \"epsilon-greedy\"\nparameters = {epsilon = [0.123456789, 0.2], "
                          "epsilon_decay = [0.987654321987]}\n");
  const Outcome whole = run("run suite.toml --dry-run");
  const Outcome cut = run("run suite.toml --dry-run", "COLUMNS=50");
  ASSERT_EQ(cut.status, whole.status) << cut.err;
  std::istringstream lines(cut.out);
  for (std::string line; std::getline(lines, line);) {
    if (line.find("epsilon-greedy/") != std::string::npos) {
      EXPECT_LE(line.size(), 50U) << line;
    }
  }
}

}  // namespace
}  // namespace offload::testing
