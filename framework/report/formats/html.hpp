// The report page: one HTML file that opens from disk without a network. Its template, with styles, scripts
// and the charting library inlined, is made from reports/page when the project is built where Node's npm is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace offload {

// What to do for a report.html where page_template finds none.
inline constexpr std::string_view kNoPage =
    "report.html was left out: this build has no page template; install Node's npm (apt-get install npm), "
    "configure and build again with the npm registry in reach, then run `offload-bench report`";

// share/offload-bench/page.html beside the running program's bin folder; empty where there is none. Throws
// Error(io) when it cannot be read.
std::optional<std::string> page_template();

// The template with the text of report.json in its place. Nothing in `json` ends the script element that
// holds it or begins another one. Throws Error(data) for a template without the place.
std::string report_html(std::string_view page, std::string_view json);

// Whether a page that report_html made, of whatever template, holds this text.
bool holds_report(std::string_view page, std::string_view json);

}  // namespace offload
