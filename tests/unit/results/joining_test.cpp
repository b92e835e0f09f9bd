// Results of several people in one report: what may differ, what is named, and rows under other names.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "report/formats/formats.hpp"
#include "report/report.hpp"
#include "results/joining/joining.hpp"
#include "unit/report/example.hpp"

namespace offload {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// Two folders, a and b, of one setting.
class JoinedFolders : public testing::Test {
 protected:
  JoinedFolders() {
    settings_ = {{"suite", {{"name", "example"}, {"description", "one"}, {"seed", 0}}},
                 {"data", {{"source", "a.json"}, {"splits", {"s0", "s1"}}}},
                 {"environment", {{"window", 5}}},
                 {"reward", {{"plugin", "tmo-weighted"}, {"version", "1.0.0"}, {"sha256", "11"}}},
                 {"rows", json::array()}};
    for (const char* row : {"bold", "careful"})
      settings_["rows"].push_back(
          {{"name", row}, {"parameters", {{"rate", .5}}}, {"training", {{"steps", 100}}}});
    plan_ = example::plan();
    plan_.resolved_suite = settings_.dump();
  }

  // `rows` of the example as a folder has them; `mark` makes keys of their own.
  Store write(const std::string& name, ReportPlan plan, const std::vector<std::string>& rows,
              const std::string& mark = "") const {
    const ReportPlan whole = plan;
    std::erase_if(plan.rows, [&](const ReportRow& row) { return std::ranges::count(rows, row.name) == 0; });
    plan.trials.erase_if([&](const PlannedTrial& t) { return std::ranges::count(rows, t.row) == 0; });
    json settings = json::parse(plan.resolved_suite);
    std::erase_if(settings["rows"].get_ref<json::array_t&>(), [&](const json& row) {
      return std::ranges::count(rows, row["name"].get<std::string>()) == 0;
    });
    plan.resolved_suite = settings.dump();
    const Store store(folder_.path() / name);
    plan.trials.change([&](PlannedTrial& planned) {
      TrialResult trial = example::trial(whole, planned.row, planned.split);
      trial.key = planned.key = trial.key + mark;
      store.write_trial(trial);
    });
    store.write_plan(plan);
    return store;
  }

  std::string refusal(const std::vector<RowName>& names = {}) const {
    try {
      report_of({folder_.path() / "a", folder_.path() / "b"}, names);
    } catch (const Error& error) {
      std::string text = error.what();
      const std::string here = folder_.path().string() + "/";
      for (auto at = text.find(here); at != std::string::npos; at = text.find(here))
        text.erase(at, here.size());
      return text;
    }
    return "no error";
  }
  ReportPlan with(const std::function<void(json&)>& change) const {
    ReportPlan plan = plan_;
    json settings = settings_;
    change(settings);
    plan.resolved_suite = settings.dump();
    return plan;
  }
  Report joined(const std::vector<RowName>& names = {}) const {
    return report_of({folder_.path() / "a", folder_.path() / "b"}, names);
  }
  RowName of_b(const std::string& row, const std::string& name) const {
    return {folder_.path() / "b", row, name};
  }

  example::TemporaryFolder folder_;
  json settings_;
  ReportPlan plan_;
};

TEST_F(JoinedFolders, OfDifferentRowsAreOneReport) {
  write("a", plan_, {"bold"});
  write("b", plan_, {"careful"});
  const Report report = joined();
  const Report whole = make_report(plan_, example::contents(plan_));
  EXPECT_EQ(leaderboard_csv(report), leaderboard_csv(whole));
  EXPECT_EQ(trials_csv(report), trials_csv(whole));
  EXPECT_TRUE(report.left_out.empty());
}

TEST_F(JoinedFolders, MayDifferInTheSuitesNameAndDescriptionAndWhereTheDataLie) {
  write("a", plan_, {"bold"});
  ReportPlan other = with([](json& settings) {
    settings["suite"]["name"] = "mine";
    settings["suite"]["description"] = "my own rows";
    settings["data"]["source"] = "elsewhere/b.json";
    settings["reward"]["sha256"] = "another build";
  });
  other.suite = "mine";
  other.description = "my own rows";
  other.data_source = "elsewhere/b.json";
  write("b", other, {"careful"});
  const Report report = joined();
  EXPECT_EQ(report.plan.suite, "example");
  EXPECT_EQ(report.plan.rows.size(), 2U);
  EXPECT_EQ(report.finished(), 4U);
  EXPECT_EQ(json::parse(report.plan.resolved_suite)["rows"].size(), 2U);
}

TEST_F(JoinedFolders, ClaimATaskWhereAllDo) {
  ReportPlan claims = plan_;
  claims.task = {"example-v1", 1, {}};
  write("a", claims, {"bold"});
  write("b", claims, {"careful"});
  EXPECT_EQ(joined().plan.task.name, "example-v1");
  write("b", plan_, {"careful"});
  EXPECT_EQ(joined().plan.task.name, "");
}

TEST_F(JoinedFolders, OfOtherSettingsAreNamedWithBothValues) {
  write("a", plan_, {"bold"});
  write("b", with([](json& settings) {
          settings["environment"]["window"] = 7;
          settings["suite"]["seed"] = 3;
        }),
        {"careful"});
  EXPECT_EQ(refusal(),
            "b/suite.json: another setting than a: environment/window is 5 in a and 7 in b; suite/seed is 0 "
            "in a and "
            "3 in b; report it by itself, or run it in the same");
  ReportPlan newer = plan_;
  newer.version = "0.2.0";
  newer.data_source = "b.json";
  newer.data_sha256 = std::string(64, 'c');
  write("b", newer, {"careful"});
  EXPECT_EQ(refusal(),
            "b/suite.json: another setting than a: OffloadBench is 0.1.0 in a and 0.2.0 in b; the data are "
            "synthetic:15 (aaaaaaaaaaaa...) in a and b.json (cccccccccccc...) in b; report it by itself, or "
            "run it in "
            "the same");
  ReportPlan tighter = plan_;
  tighter.cells[1].latency_s = 13;
  write("b", tighter, {"careful"});
  EXPECT_THAT(refusal(), HasSubstr("cells/1/latency_s is 12.0 in a and 13.0 in b"));
}

TEST_F(JoinedFolders, TunedRowsStandBesideUntunedOnesAndBesideThoseTunedLikewise) {
  const auto tuned = [this](double validation) {
    ReportPlan plan = with([&](json& settings) { settings["tuning"] = {{"validation", validation}}; });
    for (ReportRow& row : plan.rows) {
      row.kind = "learns";
      row.candidates = 3;
    }
    return plan;
  };
  write("a", plan_, {"bold"});
  write("b", tuned(.25), {"careful"});
  const Report report = joined();
  EXPECT_EQ(report.finished(), 4U);
  EXPECT_EQ(json::parse(report.plan.resolved_suite)["tuning"]["validation"], .25);
  write("a", tuned(.5), {"bold"});
  EXPECT_THAT(refusal(), HasSubstr("another setting than a: tuning/validation is 0.5 in a and 0.25 in b"));
}

TEST_F(JoinedFolders, ARowOfOtherParametersIsNamedAndMayBeRenamedOrLeftOut) {
  write("a", plan_, {"bold", "careful"});
  write("b", with([](json& settings) { settings["rows"][0]["parameters"]["rate"] = .25; }), {"bold"}, "-b");
  EXPECT_EQ(
      refusal(),
      "b/suite.json: row 'bold' is another one than in a: parameters/rate is 0.5 in a and 0.25 in b; call it "
      "otherwise by --rename 'b:bold=NAME', or leave it out by --rename 'b:bold='");
  const Report renamed = joined({of_b("bold", "bolder")});
  ASSERT_EQ(renamed.plan.rows.size(), 3U);
  EXPECT_EQ(renamed.plan.rows[2].name, "bolder");
  EXPECT_EQ(renamed.finished(), 6U);
  EXPECT_TRUE(renamed.left_out.empty());
  EXPECT_EQ(json::parse(renamed.plan.resolved_suite)["rows"][2]["name"], "bolder");
  const Report without = joined({of_b("bold", "")});
  EXPECT_EQ(without.plan.rows.size(), 2U);
  EXPECT_EQ(without.finished(), 4U);
  EXPECT_TRUE(without.left_out.empty());
  EXPECT_EQ(refusal({of_b("bold", "careful")}),
            "b/suite.json: row 'careful' is another one than in a: parameters/rate is 0.5 in a and 0.25 in "
            "b; call it "
            "otherwise by --rename 'b:careful=NAME', or leave it out by --rename 'b:careful='");
}

TEST_F(JoinedFolders, RenamesThatMeanNothingAreRefused) {
  write("a", plan_, {"bold", "careful"});
  write("b", plan_, {"careful", "bold"});
  EXPECT_EQ(refusal({of_b("cautious", "x")}),
            "--rename b:cautious: no folder of the report has this name and row");
  EXPECT_EQ(refusal({of_b("bold", "careful")}),
            "--rename b:bold=careful: the folder has a row 'careful' already; choose another name");
  EXPECT_EQ(
      refusal({of_b("bold", "bolder")}),
      "b/suite.json: row 'bolder' has the trials of row 'bold' of an earlier folder; give it one name in "
      "both, or leave the --rename out");
  for (const char* text : {"", "b", "b:bold", ":bold=x", "b:=x"})
    EXPECT_THROW(row_name_of(text), Error) << text;
  const RowName name = row_name_of("b:bold=2=x:y");
  EXPECT_EQ(name.row + "|" + name.name, "bold=2|x:y");
}

// Parts of one campaign have the same rows under the same keys.
TEST_F(JoinedFolders, ALeftOutRowIsThatOfItsFolderAlone) {
  const auto first = example::trial(plan_, "bold", "s0").key,
             second = example::trial(plan_, "bold", "s1").key;
  const Store a = write("a", plan_, {"bold", "careful"}), b = write("b", plan_, {"bold", "careful"});
  const RowName of_a{folder_.path() / "a", "bold", ""};
  EXPECT_EQ(joined({of_a}).finished(), 4U);
  EXPECT_EQ(joined({of_b("bold", "")}).finished(), 4U);
  EXPECT_EQ(joined({of_a, of_b("bold", "")}).plan.rows.size(), 1U);
  std::filesystem::remove(a.folder() / "trials" / (second + ".json"));
  std::filesystem::remove(b.folder() / "trials" / (first + ".json"));
  EXPECT_EQ(joined().finished(), 4U);
  const Report without = joined({of_a});
  EXPECT_EQ(without.finished(), 3U);
  ASSERT_EQ(without.joined.size(), 2U);
  EXPECT_EQ(without.joined[0].trials, 2U);
  EXPECT_THAT(without.warnings.back(), HasSubstr("As --rename asked: row bold of a is left out."));
  const Report renamed = joined({{folder_.path() / "a", "bold", "bolder"}, of_b("bold", "bolder")});
  EXPECT_EQ(renamed.finished(), 4U);
  EXPECT_EQ(renamed.plan.rows.size(), 2U);
  const Report apart = joined({{folder_.path() / "a", "bold", "bolder"}, of_b("bold", "")});
  EXPECT_EQ(apart.finished(), 3U);
}

TEST_F(JoinedFolders, AreFoundByWhatTheyHoldWhereverTheyLie) {
  namespace fs = std::filesystem;
  const fs::path here = folder_.path(), both = here / "both";
  write("a", plan_, {"bold"});
  write("b", plan_, {"careful"});
  fs::create_directory(both);
  const ReportFolders of{{here / "a", here / "b"}, {of_b("careful", "wary")}};
  write_report(both, report_of(of), of);
  const auto same = [&](const ReportFolders& found) {
    return report_json(report_of(found)) == report_json(report_of(ReportFolders{found.folders, found.names}));
  };
  EXPECT_TRUE(same(folders_of_report(both)));
  const std::string before = report_markdown(report_of(folders_of_report(both)));
  fs::rename(here / "b", here / "c");
  write("b", plan_, {"careful", "bold"});  // others took its place
  const ReportFolders moved = folders_of_report(both);
  EXPECT_EQ(moved.folders[1], here / "c");
  EXPECT_EQ(moved.names[0].folder, here / "c");
  EXPECT_TRUE(lies_where_said(both, moved, 0));
  EXPECT_FALSE(lies_where_said(both, moved, 1));
  EXPECT_FALSE(same(moved)) << "the report goes on to call it b";
  EXPECT_EQ(report_markdown(report_of(moved)), before);
  // Far away it is found where it was named, and nothing else is taken for it.
  fs::remove_all(here / "b");
  fs::create_directories(here / "far" / "away");
  fs::rename(here / "c", here / "far" / "away" / "c");
  EXPECT_EQ(folders_of_report(both, {here / "far" / "away" / "c"}).folders[1], here / "far" / "away" / "c");
  EXPECT_THROW(folders_of_report(both), Error);
  fs::rename(both, here / "far" / "both");
  fs::rename(here / "a", here / "far" / "a");
  fs::rename(here / "far" / "away" / "c", here / "far" / "both" / "c");
  EXPECT_EQ(report_markdown(report_of(folders_of_report(here / "far" / "both"))), before);
}

// What lies beside results is not theirs, whatever it is.
TEST_F(JoinedFolders, AreFoundBesideWhatCannotBeRead) {
  namespace fs = std::filesystem;
  const fs::path here = folder_.path(), both = here / "both";
  const ReportFolders of{{here / "a", here / "b"}, {}};
  write("a", plan_, {"bold"});
  write("b", plan_, {"careful"});
  fs::create_directory(both);
  write_report(both, report_of(of), of);
  fs::rename(here / "b", here / "moved");
  fs::create_directories(here / "a-folder" / "suite.json");
  fs::create_directories(here / "a-pipe");
  ASSERT_EQ(mkfifo((here / "a-pipe" / "suite.json").c_str(), 0600), 0);
  write("a-result", plan_, {"careful"});
  ASSERT_EQ(mkfifo((here / "a-result" / "trials" / "0.json").c_str(), 0600), 0);
  EXPECT_EQ(folders_of_report(both).folders[1], here / "moved");
  // As it was typed.
  const fs::path from_here = fs::relative(both);
  EXPECT_EQ(folders_of_report(from_here).folders[1], fs::relative(here / "moved"));
  // Within the report's folder where it says so they belong to it.
  EXPECT_TRUE(folders_beneath(both).empty());
  fs::rename(here / "moved", both / "b");
  EXPECT_TRUE(folders_beneath(both).empty()) << "the report says ../b";
  const ReportFolders within{{here / "a", both / "b"}, {}};
  write_report(both, report_of(within), within);
  EXPECT_EQ(folders_beneath(both), std::vector<fs::path>{"b"});
  write("both/b", plan_, {"careful"}, "-other");
  EXPECT_TRUE(folders_beneath(both).empty()) << "it is another one now";
}

// A copy that was put aside is what the report was of; a new one is of the run that went on.
TEST_F(JoinedFolders, ThatWentOnAreReportedAnewInPlaceOfTheirCopies) {
  namespace fs = std::filesystem;
  const fs::path here = folder_.path(), both = here / "both";
  const ReportFolders of{{here / "a", here / "b"}, {}};
  write("a", plan_, {"bold"});
  write("b", plan_, {"careful"});
  fs::create_directory(both);
  write_report(both, report_of(of), of);
  fs::copy(here / "a", here / "a-copy", fs::copy_options::recursive);
  EXPECT_EQ(folders_meant({both}).folders[0], here / "a");
  write("a", plan_, {"bold", "careful"});
  EXPECT_EQ(folders_of_report(both).folders[0], here / "a-copy");
  EXPECT_EQ(folders_meant({both}).folders[0], here / "a");
  // Others took its place.
  fs::remove_all(here / "a");
  write("a", plan_, {"bold"}, "-other");
  EXPECT_EQ(folders_of_report(both).folders[0], here / "a-copy");
  EXPECT_THROW(folders_meant({both}), Error);
  fs::remove_all(here / "a");
  EXPECT_EQ(folders_meant({both}).folders[0], here / "a-copy");
}

TEST_F(JoinedFolders, OfAnotherVersionAreToBeReportedAgain) {
  const std::filesystem::path file = folder_.path() / kJoinedFile;
  write_atomically(file, R"({"format": "offload-joined/1", "folders": [], "names": []})");
  try {
    folders_of_report(folder_.path());
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("make a report of another version again"));
  }
}

// As where two people built the reward.
TEST_F(JoinedFolders, TheSameRowUnderOtherKeysIsNamed) {
  write("a", plan_, {"bold"});
  write("b", plan_, {"bold"}, "-b");
  EXPECT_THAT(refusal(),
              HasSubstr("row 'bold' has the settings of an earlier folder's, but other keys, as with "
                        "another build of the reward; call it otherwise by --rename 'b:bold=NAME'"));
}

}  // namespace
}  // namespace offload
