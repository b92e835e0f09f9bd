// Tables and figures of results, for papers and other programs.
#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "end_to_end/forger.hpp"
#include "end_to_end/typed.hpp"

namespace offload::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ExportTest : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    write("suite.toml", R"(
[suite]
name = "exported"
[data]
source = "synthetic:40"
split = {folds = 2}
[budgets]
cells = [{name = "open"}, {name = "tight", latency_s = 12, cost_usd = 0.012}]
[training]
steps = 300
curve_every = 100
[[row]]
name = "=sum"          # a spreadsheet would take it for a formula
plugin = "random"
[[row]]
name = "rc_ppo&co"     # LaTeX would stumble over it
plugin = "rc-ppo"
parameters = {n_steps = 64}
[evaluation]
models = ["knn", "table"]
oracle_nodes = 0
)");
    ASSERT_EQ(run("run suite.toml --out r").status, 0);
  }
  std::string exported(const std::string& options) const {
    const Outcome outcome = run("export r " + options);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }
  static std::vector<json> lines_of(const std::string& jsonl) {
    std::vector<json> lines;
    std::istringstream in(jsonl);
    for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
    return lines;
  }
};

class DecisionsTest : public CommandTest {};
class LinkedLibraries : public CommandTest {};

// Every process of the command maps them at its start and copies them at every fork.
TEST_F(LinkedLibraries, AreNotThoseThatFewVerbsNeed) {
  const Outcome listed = run("list", "LD_TRACE_LOADED_OBJECTS=1");
  EXPECT_THAT(listed.out, HasSubstr("libstdc++.so"));
  for (const char* name : {"libarchive", "libcairo", "libcrypto", "libcsv", "libsqlite3", "libssl",
                           "libtorch", "libX11", "libxml2"})
    EXPECT_THAT(listed.out, Not(HasSubstr(name)));
}

TEST_F(ExportTest, EveryDecisionIsThere) {
  const std::vector<json> lines = lines_of(exported("--decisions --format jsonl"));
  std::size_t at = 0;
  for (const char* row : {"=sum", "rc_ppo&co"}) {
    for (const char* split : {"r0f0", "r0f1"}) {
      const json trial = Forger(folder_ / "r").copy_of(row, split);
      for (const json& cell : trial["cells"]) {
        for (std::size_t e = 0; e < cell["decisions"].size(); ++e) {
          for (std::size_t t = 0; t < cell["decisions"][e].size(); ++t, ++at) {
            ASSERT_LT(at, lines.size());
            EXPECT_EQ(lines[at]["row"], row);
            EXPECT_EQ(lines[at]["cell"], cell["cell"]);
            EXPECT_EQ(lines[at]["episode"], trial["episode_ids"][e]);
            EXPECT_EQ(lines[at]["turn"], t);
            EXPECT_EQ(lines[at]["action"], cell["decisions"][e][t]);
          }
        }
      }
    }
  }
  EXPECT_EQ(at, lines.size());
  const std::string csv = exported("--decisions");
  EXPECT_THAT(csv, StartsWith("row,split,cell,episode,turn,action,name,drift,trained\n'=sum,r0f0,open,"));
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(csv, '\n')), lines.size() + 1);
}

TEST_F(ExportTest, CurvesAreThoseOfTheTrials) {
  const json trial = Forger(folder_ / "r").copy_of("rc_ppo&co", "r0f1");
  std::size_t found = 0;
  for (const json& line : lines_of(exported("--curves --format jsonl"))) {
    if (line["split"] != "r0f1" || line["step"] != trial["training"]["curve"][1]["step"]) continue;
    EXPECT_EQ(line["value"], trial["training"]["curve"][1]["values"][line["name"].get<std::string>()]);
    ++found;
  }
  EXPECT_EQ(found, trial["training"]["curve"][1]["values"].size());
}

TEST_F(ExportTest, TheLeaderboardIsThatOfTheReport) {
  EXPECT_EQ(exported("--leaderboard"), read_text(folder_ / "r" / "leaderboard.csv"));
  const std::vector<json> lines =
      lines_of(exported("--leaderboard --format jsonl --view 'simulator / table'"));
  const json report = json::parse(read_text(folder_ / "r" / "report.json"));
  const json& board = report["leaderboard"][1]["rows"];
  ASSERT_EQ(lines.size(), board.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i]["row"], board[i]["row"]);
    EXPECT_EQ(lines[i]["reward"], board[i]["reward"]);
    EXPECT_EQ(lines[i]["score"], nullptr);
  }
  const std::string latex = exported("--leaderboard --format latex");
  EXPECT_THAT(latex, HasSubstr("\\toprule"));
  EXPECT_THAT(latex, HasSubstr("rc\\_ppo\\&co"));
  const json& view = report["headline"]["view"];
  const std::string named = view["lens"].get<std::string>() + " / " + view["model"].get<std::string>();
  EXPECT_THAT(latex, HasSubstr("\\end{tabular}}\n% exported, " + named +
                               " (the headline's of 2 views): means over 2 cells and 2 runs"));
}

TEST_F(ExportTest, FiguresAreTheSameBytesEveryTime) {
  for (const char* figure : {"budget", "curves"}) {
    const std::string options = std::string("--figure ") + figure;
    const std::string svg = exported(options), pdf = exported(options + " --format pdf");
    EXPECT_THAT(svg, HasSubstr("<svg "));
    EXPECT_THAT(pdf, StartsWith("%PDF-1.4"));
    EXPECT_THAT(pdf, Not(HasSubstr("CreationDate (D:202")));
    run("export r " + options + " --format pdf --out later.pdf", "sleep 1.1;");
    EXPECT_EQ(read_text(folder_ / "later.pdf"), pdf);
    EXPECT_EQ(exported(options), svg);
  }
  EXPECT_NE(exported("--figure budget"), exported("--figure budget --row =sum"));
  EXPECT_NE(exported("--figure budget"), exported("--figure budget --view 'simulator / table'"));
}

// The last point is what the evaluation comes to under that view.
TEST_F(ExportTest, CurvesSayWhatTheyWereRecordedUnder) {
  const std::string title = "(exported: learning curves, simulator / ";
  EXPECT_THAT(exported("--figure curves --format pdf"), HasSubstr(title + "knn)"));
  EXPECT_THAT(run("export r --figure curves --view 'simulator / knn'").err,
              HasSubstr("curves are recorded under one view"));
  const std::string own = "run suite.toml --set environment.response_model=table --out own";
  ASSERT_EQ(run(own).status, 0);
  EXPECT_THAT(run("export own --figure curves --format pdf").out, HasSubstr(title + "table)"));
  const json report = json::parse(read_text(folder_ / "own" / "report.json"));
  const json& scores = report["cells"][0]["rows"][1]["scores"];
  ASSERT_EQ(scores[1]["model"], "table");
  const json& curves = report["rows"][1]["training"]["curves"];
  const auto open = std::ranges::find(curves, json("reward/open"), [](const json& c) { return c["name"]; });
  ASSERT_NE(open, curves.end());
  EXPECT_DOUBLE_EQ((*open)["points"].back()["mean"].get<double>(), scores[1]["reward"].get<double>());
}

// A figure with its colours as cairo 1.16 writes them; 1.18 has attributes, and spaces behind commas.
std::string with_styles(const std::string& svg) {
  static const std::regex attribute(R"re((fill|stroke)="rgb\(([^,)]*), ([^,)]*), ([^,)]*)\)")re");
  return std::regex_replace(svg, attribute, "$1:rgb($2,$3,$4);");
}

// Of a figure that says of its lines, by colour, how often it is drawn with.
std::map<std::string, std::size_t> strokes_of(const std::string& figure) {
  const std::string svg = with_styles(figure);
  std::map<std::string, std::size_t> strokes;
  for (std::size_t at = 0; (at = svg.find("stroke:rgb(", at)) != std::string::npos; ++at)
    ++strokes[svg.substr(at, svg.find(';', at) - at)];
  return strokes;
}

TEST_F(ExportTest, ARowHasItsColourWhateverIsShownBesideIt) {
  const auto both = strokes_of(exported("--figure budget"));
  for (const char* name : {"=sum", "'rc_ppo&co'"}) {
    for (const auto& [colour, times] : strokes_of(exported(std::string("--figure budget --row ") + name)))
      EXPECT_TRUE(both.contains(colour)) << name << ": " << colour;
  }
  EXPECT_NE(strokes_of(exported("--figure budget --row =sum")),
            strokes_of(exported("--figure budget --row 'rc_ppo&co'")));
}

// A suite whose first view is not that of the headline, and ranks the rows otherwise.
class DefaultView : public TerminalTest {
 protected:
  void SetUp() override {
    TerminalTest::SetUp();
    write("small.toml", suite());
    ASSERT_EQ(run("run small.toml --out r").status, 0);
    const json report = json::parse(read_text(folder_ / "r" / "report.json"));
    ASSERT_EQ(report["suite"]["views"][0]["model"], "table");
    ASSERT_EQ(report["headline"]["view"]["model"], "true_mean");
  }
  std::string said(const std::string& arguments) const {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }
};

TEST_F(DefaultView, IsTheHeadlinesForEveryVerb) {
  const std::string headline = " --view 'simulator / true_mean'", first = " --view 'simulator / table'";
  for (const char* verb : {"export r --leaderboard --format latex", "export r --figure budget"}) {
    EXPECT_EQ(said(verb), said(verb + headline)) << verb;
    EXPECT_NE(said(verb), said(verb + first)) << verb;
  }
  EXPECT_THAT(said("export r --leaderboard --format latex" + first),
              HasSubstr("simulator / table (one of 4 views; the headline is under simulator / true_mean)"));
  const json compared = json::parse(said("compare r r --format json"));
  EXPECT_EQ(compared["view"], "simulator / true_mean");
  EXPECT_EQ(compared["lines"][0]["measure"], "reward: simulator / true_mean");
  EXPECT_EQ(json::parse(said("compare r r --format json" + first))["view"], "simulator / table");
  EXPECT_THAT(said("compare r r"),
              HasSubstr("View: rewards under simulator / true_mean decide, as both headlines"));
  EXPECT_THAT(said("compare r r" + first), HasSubstr("where both headlines are under simulator / true_mean"));
  // Large reports keep every test's rewards under their headline's view alone.
  json large = json::parse(read_text(folder_ / "r" / "report.json"));
  ASSERT_GE(large["evidence"]["views"].size(), 2U);
  const auto keep = [&large](std::size_t view) {
    json kept = large;
    kept["evidence"]["views"] = {large["evidence"]["views"][view]};
    for (json& row : kept["evidence"]["rows"]) row["reward"] = {json(row["reward"][view])};
    return kept.dump();
  };
  write("first.json", keep(0));
  write("second.json", keep(1));
  EXPECT_THAT(said("compare r first.json"), HasSubstr("View: rewards under simulator / table decide"));
  for (const char* asked :
       {"compare first.json second.json", "compare r second.json --view 'simulator / table'"}) {
    const Outcome outcome = run(asked);
    EXPECT_EQ(outcome.status, 2) << outcome.out;
    EXPECT_THAT(outcome.err, HasSubstr("there is no view to compare by"));
  }
  said("run small.toml --runs 2 --out two");
  EXPECT_THAT(said("power small.toml --from two"), HasSubstr("medians of two, simulator / true_mean"));
}

// Not by its colour alone: its mark is an outline, filled with the paper's white.
TEST_F(DefaultView, AFigureMarksWhatIsOverItsBudgets) {
  const std::string open = "fill:rgb(100%,100%,100%)";
  EXPECT_EQ(with_styles("<path fill=\"rgb(100%, 100%, 100%)\" d"), "<path " + open + "; d");
  EXPECT_THAT(with_styles(said("export r --figure budget")), HasSubstr(open));
  EXPECT_THAT(with_styles(said("export r --figure budget --row random")), HasSubstr(open));
  EXPECT_THAT(with_styles(said("export r --figure budget --row local-only")), Not(HasSubstr(open)));
}

TEST_F(ExportTest, ThePaperCompiles) {
  if (std::system("command -v pdflatex >/dev/null && kpsewhich booktabs.sty >/dev/null") != 0)
    GTEST_SKIP() << "needs LaTeX with booktabs: apt-get install texlive-latex-recommended";
  write("table.tex", exported("--leaderboard --format latex"));
  for (const char* figure : {"budget", "curves"})
    exported(std::string("--figure ") + figure + " --format pdf --out " + figure + ".pdf");
  write("paper.tex",
        "\\documentclass{article}\n\\usepackage{booktabs,graphicx}\n\\begin{document}\n"
        "\\begin{table}\\centering\\input{table.tex}\\end{table}\n"
        "\\noindent\\includegraphics[width=\\linewidth]{budget.pdf}\n\n"
        "\\noindent\\includegraphics[width=\\linewidth]{curves.pdf}\n\\end{document}\n");
  const std::string compile = "cd '" + folder_.string() +
                              "' && pdflatex -interaction=nonstopmode -halt-on-error paper.tex >paper.out";
  EXPECT_EQ(std::system(compile.c_str()), 0) << read_text(folder_ / "paper.out");
  EXPECT_THAT(read_text(folder_ / "paper.out"), Not(HasSubstr("Overfull")));
}

TEST_F(ExportTest, TheEndingSaysTheFormat) {
  exported("--figure budget --out budget.pdf");
  EXPECT_EQ(read_text(folder_ / "budget.pdf").substr(0, 4), "%PDF");
  exported("--leaderboard --out table.tex");
  EXPECT_THAT(read_text(folder_ / "table.tex"), HasSubstr("\\begin{tabular}"));
  const Outcome picture = run("export r --figure budget --out budget.png");
  EXPECT_EQ(picture.status, 2);
  EXPECT_THAT(picture.err, HasSubstr("figures come as svg or pdf; end it so"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "budget.png"));
}

// While a table is made, here of more than a megabyte, its file has no name.
TEST_F(DecisionsTest, NothingIsLeftOfAnExportThatIsKilled) {
  write("suite.toml",
        "[suite]\nname = \"long\"\n[data]\nsource = \"scenario:1,1,40:160\"\nsplit = {test_ratio = 0.9}\n"
        "[budgets]\ncells = [{name = \"a\"}, {name = \"b\"}, {name = \"c\"}]\n[[row]]\nname = \"" +
            std::string(100, 'r') +
            "\"\nplugin = \"constant\"\nparameters = {action = 1}\n[evaluation]\noracle_nodes = 0\n");
  ASSERT_EQ(run("run suite.toml --out r").status, 0);
  std::filesystem::create_directory(folder_ / "mine");
  EXPECT_EQ(run("export r --decisions --out mine/t.csv", "ulimit -f 16;").status, 128 + SIGXFSZ);
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "mine"));
  EXPECT_EQ(run("export r --leaderboard --view none --out mine/t.csv").status, 2);
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "mine"));
  ASSERT_EQ(run("export r --decisions --out mine/t.csv").status, 0);
  EXPECT_GT(std::filesystem::file_size(folder_ / "mine/t.csv"), std::uintmax_t{1} << 20);
  EXPECT_EQ(read_text(folder_ / "mine/t.csv"), run("export r --decisions").out);
}

// A report of 64 KiB is none that has to be put away.
TEST_F(DecisionsTest, SmallResultsNeedNoTemporaryFolder) {
  write("suite.toml",
        "[suite]\nname = \"small\"\n[data]\nsource = \"scenario:1,1,2:1500\"\nsplit = {folds = 2}\n"
        "[[row]]\nname = \"random\"\n[[row]]\nname = \"local-only\"\n[evaluation]\noracle_nodes = 0\n");
  ASSERT_EQ(run("run suite.toml --out r").status, 0);
  ASSERT_GT(std::filesystem::file_size(folder_ / "r/report.json"), std::uintmax_t{1} << 16);
  for (const char* verb : {"report r", "show r", "compare r r", "export r --decisions --out t.csv"}) {
    const Outcome outcome = run(verb, "TMPDIR=/nowhere");
    EXPECT_EQ(outcome.status, 0) << outcome.err;
  }
}

TEST_F(ExportTest, MistakesAreNamed) {
  EXPECT_THAT(run("export r").err, HasSubstr("name one thing to export"));
  EXPECT_THAT(run("export r --curves --leaderboard").err, HasSubstr("name one thing to export"));
  EXPECT_THAT(run("export r --curves --format pdf").err, HasSubstr("tables come as csv, jsonl or latex"));
  EXPECT_THAT(run("export r --figure budget --format csv").err, HasSubstr("figures come as svg or pdf"));
  EXPECT_THAT(run("export r --figure budget --row no").err,
              HasSubstr("--row no: no such row has finished all its runs; "
                        "known: "));
  EXPECT_THAT(run("export r --figure curves --row =sum").err, HasSubstr("a learning curve"));
  EXPECT_THAT(run("export r --leaderboard --view knn").err,
              HasSubstr("no view 'knn'; known: simulator / knn, simulator / table"));
  EXPECT_EQ(run("export nothing --curves").status, 5);
}

}  // namespace
}  // namespace offload::testing
