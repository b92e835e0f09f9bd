// The report page: one HTML file that opens from disk without a network. Its template, with styles, scripts
// and the charting library inlined, is reports/page.html, made from reports/page (./dev page) and a part of
// the program.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "report/formats/formats.hpp"

namespace offload {

// reports/page.html as it was when the program was built.
std::string_view page_template();

// The template with report.json in its place, without blanks and without /evidence, of which it shows
// nothing. Nothing in `json` ends the script element that holds it or begins another one. Throws Error(data)
// for a template without the place.
std::string report_html(std::string_view page, std::string_view json);

// The same of a report.json that is read, part by part.
void write_report_html(std::string_view page, std::istream& json, const TextSink& sink);

// Whether a page that report_html made, of whatever template, holds what it puts there of this text.
bool holds_report(std::string_view page, std::string_view json);

}  // namespace offload
