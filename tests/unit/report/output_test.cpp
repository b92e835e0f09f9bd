// What a report is written as: its files and page.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "report/formats/formats.hpp"
#include "report/formats/html.hpp"
#include "report/report.hpp"
#include "unit/report/example_report.hpp"

namespace offload {
namespace {

using example::schema_errors;
using nlohmann::json;

TEST(ReportFolder, WritesAndMerges) {
  const example::TemporaryFolder folder;
  const ReportPlan plan = example::plan();
  const Store a(folder.path() / "a"), b(folder.path() / "b");
  a.write_plan(plan);
  b.write_plan(plan);
  for (const PlannedTrial& trial : plan.trials) {
    (trial.split == "s0" ? a : b).write_trial(example::trial(plan, trial.row, trial.split));
  }
  const Report merged = report_of({a.folder(), b.folder()});
  // It is the report of one folder, but that it says that there were two.
  json joint = json::parse(report_json(merged)),
       whole = json::parse(report_json(make_report(plan, example::contents(plan))));
  EXPECT_EQ(joint["host"]["joined"],
            json::parse(R"([{"folder": "a", "trials": 2}, {"folder": "b", "trials": 2}])"));
  EXPECT_EQ(schema_errors(joint), "");
  joint["host"].erase("joined");
  EXPECT_EQ(joint, whole);
  EXPECT_NE(report_markdown(merged).find("- Joined of 2 folders: 2 runs of a, 2 of b\n"), std::string::npos);
  write_report(a.folder(), merged);
  for (const char* file : {"report.json", "report.md", "leaderboard.csv", "trials.csv", "timing.csv"}) {
    EXPECT_GT(std::filesystem::file_size(a.folder() / file), 100u) << file;
  }
  ReportPlan other = plan;
  other.cells[1].latency_s = 13;
  b.write_plan(other);
  EXPECT_THROW(report_of({a.folder(), b.folder()}), Error);
  EXPECT_THROW(report_of({folder.path()}), Error);
}

// `run` has the plan as it was made, `report` as suite.json holds it.
TEST(ReportFolder, SaysTheSameOfAPlanThatWasStored) {
  ReportPlan plan = example::plan();
  plan.resolved_suite = R"({"suite":{"name":"example","a":1},"data":{}})";
  const StoreContents contents = example::contents(plan);
  const ReportPlan stored = report_plan_from_json(to_json(plan), "suite.json");
  EXPECT_EQ(report_json(make_report(plan, contents)), report_json(make_report(stored, contents)));
}

TEST(ReportPage, HoldsTheJsonAndNothingOfItActs) {
  const std::string page = "<script type=\"application/json\"><!--offload-report-json--></script>";
  const std::string hostile = "</script><!-- & \xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa";
  const std::string html = report_html(page, json(hostile).dump());
  EXPECT_EQ(html,
            "<script type=\"application/json\">\"\\u003c/script\\u003e\\u003c!-- \\u0026 "
            "\\u2028\\u2029\xe2\x80\xaa\"</script>");
  EXPECT_EQ(json::parse(html.substr(32, html.size() - 32 - 9)), hostile);
  EXPECT_THROW(report_html("<html></html>", "{}"), Error);
}

TEST(ReportPage, LeavesOutBlanksAndTheEvidence) {
  const auto inlined = [](std::string_view text) {
    const std::string html = report_html("<!--offload-report-json-->", text);
    EXPECT_TRUE(holds_report(">" + html + "</script>", text));
    std::istringstream lines{std::string(text)};
    EXPECT_EQ(collected([&](const TextSink& sink) {
                write_report_html("<!--offload-report-json-->", lines, sink);
              }),
              html);
    return html;
  };
  EXPECT_EQ(
      inlined(
          "{\n \"a b\": [1,\n\t-2.5e3 ],\r\n \"evidence\": {\"runs\": [\"}, \\\"\", {}]},\n \"c\": null }"),
      R"({"a b":[1,-2.5e3],"c":null})");
  EXPECT_EQ(inlined(R"({"a": 1, "evidence": [2, 3]})"), R"({"a":1})");
  EXPECT_EQ(inlined(R"({"evidence": "x"})"), "{}");
  const std::string kept = R"({"a":{"evidence":1},"b":["evidence","\\ \" evidence"],"c":"evidence"})";
  EXPECT_EQ(inlined(kept), kept);
}

TEST(ReportPage, IsWrittenWithTheReportAndReplacesAnEarlierOne) {
  const test::TemporaryFolder folder;
  std::ofstream(folder.path() / "report.html") << "of an earlier report";
  const ReportPlan plan = example::plan();
  const Report report = make_report(plan, example::contents(plan));
  write_report(folder.path(), report);
  std::ifstream file(folder.path() / "report.html", std::ios::binary);
  const std::string page(std::istreambuf_iterator<char>(file), {});
  EXPECT_TRUE(holds_report(page, report_json(report)));
  EXPECT_TRUE(page.starts_with("<!doctype html>"));
  EXPECT_TRUE(page.ends_with("</html>\n"));
  for (const char* licence : {"MIT License", "Apache License", "d3, in Apache ECharts",
                              "zrender, in Apache ECharts", "tslib, in Apache ECharts"}) {
    EXPECT_NE(page.find(licence), std::string::npos) << licence;
  }
}

}  // namespace
}  // namespace offload
