// A Report as text, one function per format; what each column and member means is in reports/README.md.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "report/figures/report.hpp"

namespace offload {

inline constexpr const char* kReportFormat = "offload-report/2";

// Takes a text part by part: of many trials it is larger than all figures.
using TextSink = std::function<void(std::string_view)>;

void write_report_json(const Report& report, const TextSink& sink);
std::string report_json(const Report& report);
std::string report_markdown(const Report& report);
// The section of report.md on the exact policies; empty without them.
std::string references_markdown(const Report& report);
// The fields of leaderboard.csv as they are before quoting, by line; the first are the heads.
std::vector<std::vector<std::string>> leaderboard_lines(const Report& report);
std::string leaderboard_csv(const Report& report);
std::string trials_csv(const Report& report);
std::string timing_csv(const Report& report);
// What a results folder has of the report as CSV.
struct CsvFile {
  const char* name;
  bool present;                                  // false: no such file
  std::function<void(const TextSink&)> written;  // as long as the report lives
};
std::vector<CsvFile> csv_files(const Report& report);
// All that `write` gives to its sink.
std::string collected(const std::function<void(const TextSink&)>& write);

}  // namespace offload
