// A Report as text, one function per format; what each column and member means is in reports/README.md.
#pragma once

#include <string>

#include "report/figures/report.hpp"

namespace offload {

inline constexpr const char* kReportFormat = "offload-report/2";

std::string report_json(const Report& report);
std::string report_markdown(const Report& report);
// The section of report.md on the exact policies; empty without them.
std::string references_markdown(const Report& report);
std::string leaderboard_csv(const Report& report);
std::string trials_csv(const Report& report);
std::string timing_csv(const Report& report);

}  // namespace offload
