#include "cli/usage/help_text.hpp"

#include <fmt/format.h>

#include <sstream>

#include "report/text/text.hpp"

namespace offload::cli {
namespace {

constexpr std::string_view kExample = "Example: ";
constexpr std::size_t kOptionIndent = 30;  // CLI11's column of descriptions

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// A command that does not fit goes on behind a backslash, as a shell reads it.
std::string example(const std::string& line, int columns) {
  const std::string indent(kExample.size() + 2, ' ');
  const int room = columns - static_cast<int>(indent.size()) - 2;
  std::string out(kExample);
  for (const char c : text::wrapped(line.substr(kExample.size()), room, indent))
    out += c == '\n' ? " \\\n" : std::string(1, c);
  return out;
}

// An option or a verb: what it is called, then its description in a column of its own.
std::string option(const std::string& line, int columns) {
  const std::string indent(kOptionIndent, ' ');
  const int room = columns - static_cast<int>(kOptionIndent);
  const std::size_t name = line.find_first_not_of(' ');
  if (name >= kOptionIndent) return indent + text::wrapped(line.substr(name), room, indent);
  if (line.size() > kOptionIndent && line[kOptionIndent - 1] == ' ')
    return line.substr(0, kOptionIndent) + text::wrapped(line.substr(kOptionIndent), room, indent);
  return "  " + text::wrapped(line.substr(name), columns - 4, "    ");
}

std::string fitted(const std::string& line, int columns) {
  if (text::width(line) <= columns) return line;
  if (line.starts_with(kExample)) return example(line, columns);
  return line.starts_with("  ") ? option(line, columns) : text::wrapped(line, columns, "");
}

}  // namespace

std::string HelpFormatter::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const {
  std::string out;
  for (const std::string& line : lines_of(CLI::Formatter::make_help(app, std::move(name), mode)))
    out += fitted(line, columns_) + "\n";
  return out;
}

std::string HelpFormatter::make_footer(const CLI::App* app) const {
  std::string out, paragraph;
  const auto end_paragraph = [&] {
    if (!paragraph.empty()) out += paragraph + "\n";
    paragraph.clear();
  };
  for (const std::string& line : lines_of(app->get_footer())) {
    if (line.starts_with(kExample)) {
      end_paragraph();
      out += line + "\n";
    } else {
      paragraph += (paragraph.empty() ? "" : " ") + line;
    }
  }
  end_paragraph();
  return out;
}

}  // namespace offload::cli
