// What every verb says, tried on all of them: no line of it is wider than the terminal, and its help is what
// its parser takes.
#include <gmock/gmock.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "end_to_end/typed.hpp"

namespace offload::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kEighty = "COLUMNS=80";

TEST_F(TerminalTest, NoLineOfAnyVerbWrapsAtEightyColumns) {
  write("small.toml", suite());
  write(
      "actions.json",
      R"({"train_ids":[1,2,3],"test_ids":[4],"latency_budget_s":null,"evaluation":[{"episode_id":4,"actions":[0,0,0]}]})");
  const std::string live = std::string(kSources) + "/benchmarks/gateway/live/";
  // In this order. Google Benchmark's tables are its own, serve answers until it is stopped, exported tables
  // are for programs, and a commitment is a word of 64 letters.
  const std::vector<std::pair<std::string, std::vector<std::string>>> examples = {
      {"run", {"small.toml --dry-run", "small.toml --out r"}},
      {"show", {"r", "r --long", "r/report.json"}},
      {"report", {"r", "r --long", "r --pairs random,local-only"}},
      {"compare", {"r r"}},
      {"export", {}},
      {"oracle", {"small.toml", std::string(kSources) + "/benchmarks/suites/routing.toml"}},
      {"power", {"small.toml"}},
      {"list", {""}},
      {"describe", {"epsilon-greedy", "constant", "tmo-weighted"}},
      {"check", {"random"}},
      {"datasets synth", {"--episodes 30 --out s.json"}},
      {"datasets describe", {"s.json", std::string(kSources) + "/datasets/routing.csv"}},
      {"datasets pack", {"s.json --out s.packed"}},
      {"datasets folds", {std::string(kSources) + "/datasets/tiny.json --out f.json --questions 1"}},
      {"datasets import", {std::string(kSources) + "/datasets/routing.csv --out t.csv"}},
      {"replay", {"actions.json --dataset s.json"}},
      {"collect", {live + "collect.toml --dry-run"}},
      {"micro", {}},
      {"plugin new", {"my-agent", "other-agent --language python"}},
      {"serve", {}},
      {"slurm", {"small.toml --tasks 2 --out parts", "--status parts"}},
      {"submit", {"r --as me --out r.tar.zst"}},
      {"leaderboard init", {"board"}},
      {"leaderboard task", {"board small.toml"}},
      {"leaderboard add", {"board r.tar.zst"}},
      {"leaderboard list", {"board"}},
      {"leaderboard build", {"board --out site"}},
      {"leaderboard withdraw", {"board 1 --reason mistaken"}},
      {"leaderboard list", {"board"}},
      {"leaderboard secret", {}},
      {"leaderboard draw", {}},
      {"leaderboard open", {}},
      {"leaderboard baselines", {}},
      {"tasks", {"", std::string(kSources) + "/benchmarks/suites/tasks/synth-true-v2.toml"}},
      {"verify", {"r"}},
      {"help", {"", "datasets import"}},
      {"completion", {}},
  };
  std::vector<std::string> known;
  for (const auto& [verb, all] : examples) {
    if (std::ranges::count(known, verb) == 0) known.push_back(verb);
  }
  EXPECT_THAT(known, ::testing::UnorderedElementsAreArray(all_verbs())) << "a verb needs an example here";
  for (const auto& [verb, all] : examples) {
    const Outcome help = run(verb + " --help", kEighty);
    EXPECT_EQ(help.status, 0) << verb;
    EXPECT_EQ(too_wide(help.out), "") << verb << " --help";
    for (const std::string& arguments : all) {
      const Outcome outcome = run(verb + " " + arguments, kEighty);
      EXPECT_EQ(too_wide(outcome.out), "") << verb << " " << arguments;
      EXPECT_THAT(outcome.out + outcome.err, Not(::testing::IsEmpty())) << verb << " " << arguments;
      // Without --train and in a copy verify has to believe something.
      EXPECT_TRUE(outcome.status <= 1 || (verb == "verify" && outcome.status == 6))
          << verb << " " << arguments << "\n"
          << outcome.err;
    }
  }
}

// What is told where something is wrong, of every verb: of what is missing, misspelt or no such thing at all.
TEST_F(TerminalTest, NoErrorOfAnyVerbWrapsAtEightyColumns) {
  write("small.toml", suite());
  write("wrong.toml", suite() + "[evaluaton]\nlenses = [\"simulator\"]\n");
  const std::string nowhere = "a-folder-that-is/not-there/at-all";
  for (const std::string& verb : all_verbs()) {
    const std::vector<std::string> mistakes = {"",
                                               "nope",
                                               "nope nope --no-such-option-as-this-one-here 1",
                                               nowhere,
                                               nowhere + " " + nowhere,
                                               "wrong.toml --out " + nowhere,
                                               "small.toml nope --reason none --as nobody"};
    for (const std::string& arguments : mistakes) {
      if (arguments.empty() && (verb == "micro" || verb == "list" || verb == "tasks")) continue;
      const Outcome outcome = run(verb + " " + arguments, "timeout 60 env COLUMNS=80");
      EXPECT_EQ(too_wide(outcome.err), "") << verb << " " << arguments;
      EXPECT_EQ(too_wide(outcome.out), "") << verb << " " << arguments;
    }
  }
}

// The options that are completed are those of the parser; help that is written by hand could lack some.
TEST_F(TerminalTest, TheHelpOfEveryVerbHasEveryOptionAndNoOther) {
  const std::string script = run("completion bash").out;
  for (const std::string& verb : all_verbs()) {
    const std::string entry = "    '" + verb + "') verbs='' options='";
    const std::size_t at = script.find(entry);
    ASSERT_NE(at, std::string::npos) << verb;
    std::istringstream words(
        script.substr(at + entry.size(), script.find('\'', at + entry.size()) - at - entry.size()));
    const std::set<std::string> parsed{std::istream_iterator<std::string>(words), {}};
    std::set<std::string> helped;
    bool positionals = false, usage = false;
    for (const std::string& line : lines_of(run(verb + " --help").out)) {
      static const std::regex option("(^|[\\s,\\[(])(--[a-z][a-z-]*)");
      for (std::sregex_iterator one(line.begin(), line.end(), option), end; one != end; ++one)
        helped.insert((*one)[2]);
      positionals = positionals || line == "Positionals:";
      // What stands in capitals in an example's place is an argument of the verb.
      usage = usage || line.find("Usage:") == 0;
    }
    EXPECT_TRUE(usage) << verb;
    // Of other programs, in examples and explanations.
    for (const char* other : {"--mem", "--array", "--benchmark"}) helped.erase(other);
    if (verb == "micro")
      std::erase_if(helped, [](const std::string& word) { return word.starts_with("--benchmark"); });
    EXPECT_EQ(helped, parsed) << verb;
    // A word too many is understood as one: whoever takes words says which.
    const bool takes =
        run(verb + " a-word-that-nobody-knows").err.find("does not expect") == std::string::npos;
    EXPECT_EQ(takes, positionals) << verb;
  }
}

// A row of a README's table of parameters: "| `gamma` | .99 | ..." is {gamma, .99}, "| `slots` | 1 (...) |"
// {slots, 1}.
std::vector<std::pair<std::string, std::string>> table_of(const std::string& readme) {
  std::vector<std::pair<std::string, std::string>> rows;
  const std::size_t head = readme.find("| parameter | default |");
  if (head == std::string::npos) return rows;
  static const std::regex row("\\| `([^`]*)` \\| `?([^ `|]*)");
  for (const std::string& line : lines_of(readme.substr(head))) {
    std::smatch found;
    if (!line.starts_with("|")) break;
    if (std::regex_search(line, found, row)) rows.emplace_back(found[1], found[2]);
  }
  return rows;
}

TEST_F(TerminalTest, TheTablesOfParametersInREADMEsAreWhatDescribeSays) {
  std::set<std::string> seen;
  for (const char* kind : {"agents", "rewards"}) {
    for (const auto& folder :
         std::filesystem::directory_iterator(std::string(kSources) + "/plugins/" + kind)) {
      const auto rows = table_of(read_text(folder.path() / "README.md"));
      if (rows.empty()) continue;
      const std::string name = folder.path().filename();
      seen.insert(name);
      const auto described = nlohmann::json::parse(run("describe --json " + name).out);
      std::vector<std::string> keys, documented;
      for (const auto& parameter : described.at("parameters")) keys.push_back(parameter.at("key"));
      for (auto [key, text] : rows) {
        documented.push_back(key);
        std::erase(text, ',');
        for (const auto& parameter : described.at("parameters")) {
          if (parameter.at("key") != key) continue;
          const auto& value = parameter.at("default");
          const bool same = value.is_number()    ? std::stod(text) == value.get<double>()
                            : value.is_boolean() ? text == (value.get<bool>() ? "true" : "false")
                                                 : text == value.get<std::string>();
          EXPECT_TRUE(same) << name << ": " << key << " is " << value << ", not " << text;
        }
      }
      EXPECT_EQ(documented, keys) << name;
    }
  }
  EXPECT_THAT(seen, ::testing::IsSupersetOf({"rc-a2c", "rc-dqn", "rc-ppo"}));
}

TEST_F(TerminalTest, TheHelpOfEveryVerbHasAnExample) {
  for (const std::string& verb : all_verbs())
    EXPECT_THAT(run(verb + " --help").out, HasSubstr("\nExample: ")) << verb;
}

}  // namespace
}  // namespace offload::testing
