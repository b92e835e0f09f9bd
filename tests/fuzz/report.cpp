// A results folder in parts: its suite.json, then results of trials and references in any order. Whatever
// they say, they add up to a report in every format.
#include "report/report.hpp"

#include <cstdlib>

#include "fuzz/input.hpp"
#include "report/formats/formats.hpp"
#include "report/formats/html.hpp"
#include "report/terminal/terminal_table.hpp"

using namespace offload;

void fuzz_one(std::string_view input) {
  const std::vector<std::string> parts = fuzz::parts(input);
  ReportPlan plan;
  if (!fuzz::accepts([&] { plan = report_plan_from_json(parts[0], "suite.json"); })) return;
  StoreContents contents;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (fuzz::accepts([&] { contents.trials.push_back(trial_result_from_json(parts[i], "trial.json")); }))
      continue;
    fuzz::accepts(
        [&] { contents.references.push_back(reference_result_from_json(parts[i], "reference.json")); });
  }
  fuzz::accepts([&] {
    const Report report = make_report(plan, contents);
    report_markdown(report);
    leaderboard_csv(report);
    trials_csv(report);
    timing_csv(report);
    terminal_long(report, {true, 80, 40, "show results"});
    const std::string json = report_json(report);
    // What a screen shows of a report is what it shows of its file.
    if (terminal_screen(shown_of(report), {}) !=
        terminal_screen(shown_in(nlohmann::json::parse(json), "report.json"), {})) {
      std::abort();
    }
  });
}
