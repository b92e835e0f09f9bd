// Figures and names as people read them: fixed formats, widths in terminal columns, and names from outside
// made harmless for terminals, Markdown and CSV.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace offload::text {

// Control and direction-changing characters written out, invalid UTF-8 replaced, cut to `columns` with an
// ellipsis.
std::string shown(std::string_view text, int columns = 200);
// Terminal columns of what `shown` returned.
int width(std::string_view text);
// Names as `shown`, but cut in the middle, and so that names that differ stay different: by the place of the
// cut where one does it for all, else by a number behind. In their order.
std::vector<std::string> shown_names(const std::vector<std::string>& names, int columns);
// Padded with spaces to `columns`, never cut.
std::string left(std::string_view text, int columns);
std::string right(std::string_view text, int columns);
// Lines of at most `columns`, broken at spaces, joined by newline and `indent`.
std::string wrapped(std::string_view text, int columns, std::string_view indent);

// Lines of a text that are longer than `columns` broken at spaces; what is broken off stands as deep as its
// line begins, and two spaces more. Words longer than a line stay whole, so that paths can be copied.
std::string filled(std::string_view text, int columns);

// A command for a shell on a line of its own, indented by two and with its end; of more than `columns` it
// goes on behind a backslash. 0: as long as it is.
std::string shell_line(const std::string& command, int columns);

// Without meaning in Markdown and HTML, on one line.
std::string markdown(std::string_view text);
// Quoted where RFC 4180 asks for it. A text that begins with = + - @ a tab, a return or ' and is no number
// gets a ' in front, so that no spreadsheet takes it for a formula; whoever takes one ' away has it as it
// was.
std::string csv(std::string_view text);

// The fields so quoted, and the end of the line.
std::string csv_line(const std::vector<std::string>& fields);

// "-" for NaN in all of these.
std::string fixed(double value, int digits);
std::string cost(double usd);       // five digits; what would round to 0 is "<1e-5"
std::string percent(double share);  // "0 %", "12.5 %", "<0.1 %", never a rounded 0 or 100
std::string p_value(double p);      // four digits; below 1e-4 "<.0001"
std::string plus_minus(double value, double low, double high, int digits);  // half the interval
// "12 s, 0.012 USD", "unlimited"; `unit`: of the cost.
std::string budget(double latency_s, double cost, std::string_view unit = "USD");
// Shortest form that reads back the same; empty for NaN. For CSV.
std::string exact(double value);

}  // namespace offload::text
