// The worked example of datasets/README.md, as it stands there, and budgets that leave a choice.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "end_to_end/command.hpp"

namespace offload::testing {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class OwnDataTest : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    std::filesystem::create_directory_symlink(OFFLOAD_SOURCE_DIR "/datasets", folder_ / "datasets");
  }
  // The commands of the section, a line each.
  static std::vector<std::string> commands() {
    const std::string text = read_text(OFFLOAD_SOURCE_DIR "/datasets/README.md");
    const std::size_t section = text.find("## From your own CSV to a leaderboard");
    const std::size_t begin = text.find("```sh\n", section) + 6, end = text.find("```", begin);
    std::istringstream lines(text.substr(begin, end - begin));
    std::vector<std::string> all;
    for (std::string line; std::getline(lines, line);) all.push_back(line);
    return all;
  }
  // A command of the README; those of this project by `run`.
  Outcome typed(const std::string& command) const {
    constexpr std::string_view kOurs = "offload-bench ";
    if (command.starts_with(kOurs)) return run(command.substr(kOurs.size()));
    const std::string all = "cd '" + folder_.string() + "' && " + command + " >out.txt 2>err.txt";
    return {std::system(all.c_str()), read_text(folder_ / "out.txt"), read_text(folder_ / "err.txt")};
  }
};

TEST_F(OwnDataTest, TheWorkedExampleGoesFromCsvToALeaderboard) {
  const std::vector<std::string> lines = commands();
  ASSERT_EQ(lines.size(), 4u);
  std::string described;
  for (const std::string& line : lines) {
    const Outcome outcome = typed(line);
    ASSERT_EQ(outcome.status, 0) << line << "\n" << outcome.err;
    if (line.find("describe") != std::string::npos) described = outcome.out;
  }
  EXPECT_THAT(described, AllOf(HasSubstr("prices   2026-11-01"), HasSubstr("Budgets that leave a choice"),
                               HasSubstr("{name = \"tight\", latency_s = ")));
  const json report = json::parse(read_text(folder_ / "results" / "own" / "report.json"));
  EXPECT_EQ(report["suite"]["world"]["price_date"], "2026-11-01");
  EXPECT_EQ(report["leaderboard"][0]["rows"].size(), 5u);
  // 128 tokens in and 60 out, say: of one row, by hand.
  const std::string first = read_text(folder_ / "datasets" / "example" / "answers.csv");
  std::istringstream in(first);
  std::string head, phone, small;
  std::getline(in, head);
  std::getline(in, phone);
  std::getline(in, small);
  const std::size_t last = small.rfind(','), before = small.rfind(',', last - 1);
  const double tokens_in = std::stod(small.substr(before + 1)),
               tokens_out = std::stod(small.substr(last + 1));
  std::istringstream priced(read_text(folder_ / "priced.csv"));
  for (int line = 0; line < 3; ++line) std::getline(priced, head);
  std::vector<std::string> fields;
  std::istringstream row(head);
  for (std::string field; std::getline(row, field, ',');) fields.push_back(field);
  EXPECT_EQ(fields[4], "cloud-small");
  EXPECT_NEAR(std::stod(fields[7]), (tokens_in * .15 + tokens_out * .6) / 1e6, 1e-12);
}

TEST_F(OwnDataTest, DescribedArmsHaveTheirNamesOverFiguresOfOneWidth) {
  const std::string out = run("datasets describe datasets/routing.csv", "COLUMNS=80").out;
  EXPECT_THAT(out, AllOf(ContainsRegex("Task, quality by arm +queries +phone-3b +cloud-small +cloud-medium"),
                         ContainsRegex("\n chat +35 +0\\.600 +0\\.886 +0\\.943 +0\\.943\n"),
                         ContainsRegex("\n phone-3b +200 +0\\.445 +3\\.817 +0\\.00000 ")));
  std::string meta = read_text(OFFLOAD_SOURCE_DIR "/datasets/routing.meta.json");
  const std::size_t draws = meta.find("\"draws_per_cell\"");
  ASSERT_NE(draws, std::string::npos);
  meta.replace(draws, meta.find_first_of(",}\n", draws) - draws, "\"draws_per_cell\": null");
  write("t.meta.json", meta);
  std::filesystem::copy_file(OFFLOAD_SOURCE_DIR "/datasets/routing.csv", folder_ / "t.csv");
  EXPECT_THAT(run("datasets describe t.csv").out, HasSubstr("draws per cell: not stated;"));
}

// What `describe` suggests is accepted by a run, on every kind of data.
TEST_F(OwnDataTest, SuggestedCellsWork) {
  for (const char* source : {"synthetic:60", "scenario:3,2,6:40", "datasets/routing.csv"}) {
    SCOPED_TRACE(source);
    const json described = json::parse(run(std::string("datasets describe --json ") + source).out);
    const json& cells = described["suggested_cells"];
    ASSERT_EQ(cells.size(), 3u);
    std::string text;
    for (const json& cell : cells) {
      text += text.empty() ? "cells = [" : ", ";
      text += "{name = " + cell["name"].dump() + ", latency_s = " + cell["latency_s"].dump() +
              ", cost_usd = " + cell["cost_usd"].dump() + "}";
    }
    write("suite.toml", "[data]\nsource = \"" + std::string(source) + "\"\n[budgets]\n" + text +
                            "]\n[[row]]\nname = \"cost-min\"\n");
    const Outcome outcome = run("run suite.toml --dry-run");
    EXPECT_EQ(outcome.status, 0) << outcome.err;
  }
}

TEST_F(OwnDataTest, ADegenerateCellIsRefusedWithFiguresThatWork) {
  const auto suite = [this](const std::string& limits) {
    write("suite.toml", "[data]\nsource = \"synthetic:60\"\n[budgets]\ncells = [{name = \"narrow\", " +
                            limits + "}]\n[[row]]\nname = \"cost-min\"\n");
    return run("run suite.toml --dry-run");
  };
  const Outcome narrow = suite("cost_usd = 0.0001");
  EXPECT_EQ(narrow.status, 2);
  const std::size_t at = narrow.err.find("raise a budget: cost_usd = ");
  ASSERT_NE(at, std::string::npos) << narrow.err;
  const double least = std::stod(narrow.err.substr(at + 27));
  EXPECT_EQ(suite("cost_usd = " + std::to_string(least)).status, 0);
  EXPECT_EQ(suite("cost_usd = " + std::to_string(least * .9)).status, 2);
  EXPECT_THAT(suite("latency_s = 0.001, cost_usd = 0.0001").err, HasSubstr("raise both budgets: "));
}

TEST_F(OwnDataTest, PricesNeedADay) {
  ASSERT_EQ(typed(commands()[0]).status, 0);
  const Outcome outcome =
      run("datasets import mine.csv --meta datasets/example/meta.json --prices "
          "datasets/example/prices.json --out priced.csv");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--price-date YYYY-MM-DD"));
}

}  // namespace
}  // namespace offload::testing
