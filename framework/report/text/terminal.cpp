#include "report/text/terminal.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "report/text/text.hpp"

namespace offload {
namespace {

constexpr int kNameLeast = 8, kWidthLeast = 60;

std::vector<int> widths_of(const std::vector<std::string>& heads, const Table& table) {
  std::vector<int> widths;
  for (const std::string& head : heads) widths.push_back(text::width(head));
  for (const auto& [cells, style] : table.rows) {
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], text::width(cells[i]));
  }
  return widths;
}

// Of a line, which begins with a space.
int total_of(const std::vector<int>& widths, int gap) {
  int total = 1 - gap;
  for (const int w : widths) total += w + gap;
  return total;
}

}  // namespace

Terminal::Terminal(bool color, int width) : color_(color), width_(std::max(kWidthLeast, width)) {}

void Terminal::line(const std::string& text, Style style) { out_ += styled(text, style) + "\n"; }

void Terminal::title(const std::string& text) { line(text::wrapped(text, width_ - 2, "  "), Style::bold); }

void Terminal::paragraph(const std::string& label, const std::string& text, Style style) {
  const std::string indent(static_cast<std::size_t>(text::width(label)) + 1, ' ');
  out_ += styled(label, style) + " " + text::wrapped(text, width_ - static_cast<int>(indent.size()), indent) +
          "\n";
}

std::string Terminal::styled(const std::string& text, Style style) const {
  if (!color_ || style == Style::plain || text.empty()) return text;
  const char* code = style == Style::bold   ? "1"
                     : style == Style::dim  ? "2"
                     : style == Style::good ? "32"
                     : style == Style::warn ? "33"
                                            : "31";
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

void Terminal::table(const Table& table) {
  const std::vector<std::string>* heads = &table.heads;
  std::vector<int> widths = widths_of(*heads, table);
  if (total_of(widths, 2) > width_ && !table.short_heads.empty()) {
    heads = &table.short_heads;
    widths = widths_of(*heads, table);
  }
  const int gap = total_of(widths, 2) > width_ ? 1 : 2;
  int& name = widths[table.name_column];
  name = std::max(kNameLeast, std::min(name, name - (total_of(widths, gap) - width_)));
  const auto joined = [&](const std::vector<std::string>& cells, const std::string& name_shown) {
    std::string out = " ";
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) out.append(static_cast<std::size_t>(gap), ' ');
      out += i == table.name_column ? text::left(name_shown, widths[i]) : text::right(cells[i], widths[i]);
    }
    return out;
  };
  std::vector<std::string> names;
  for (const auto& [cells, style] : table.rows) names.push_back(cells[table.name_column]);
  names = text::shown_names(names, name);
  line(joined(*heads, text::shown((*heads)[table.name_column], name)), Style::dim);
  for (std::size_t i = 0; i < names.size(); ++i)
    line(joined(table.rows[i].first, names[i]), table.rows[i].second);
}

}  // namespace offload
