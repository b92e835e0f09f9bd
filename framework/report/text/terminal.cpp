#include "report/text/terminal.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/counted.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

constexpr int kNameLeast = 8, kNameFair = 20, kWidthLeast = 40;

// How a table is drawn: which of its columns, under which heads, how wide.
struct Layout {
  std::vector<std::size_t> columns;
  const std::vector<std::string>* heads;
  std::vector<int> widths;  // [columns]
  int gap;
};

Layout measured(const Table& table, const std::vector<std::string>& heads,
                const std::vector<std::size_t>& columns, int gap) {
  Layout layout{columns, &heads, {}, gap};
  for (const std::size_t column : columns) {
    int width = text::width(heads[column]);
    for (const auto& [cells, style] : table.rows) width = std::max(width, text::width(cells[column]));
    layout.widths.push_back(width);
  }
  return layout;
}

// Of a line, which begins with a space.
int total_of(const Layout& layout) {
  int total = 1 - layout.gap;
  for (const int w : layout.widths) total += w + layout.gap;
  return total;
}

// Cuts names, down to `least`, as far as the table has to.
void narrow(Layout& layout, std::size_t name_column, int width, int least) {
  const auto at = std::ranges::find(layout.columns, name_column) - layout.columns.begin();
  int& name = layout.widths[static_cast<std::size_t>(at)];
  name = std::max(std::min(name, least), name - std::max(0, total_of(layout) - width));
}

Layout layout_of(const Table& table, int width) {
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < table.heads.size(); ++i) columns.push_back(i);
  const auto& brief = table.short_heads.empty() ? table.heads : table.short_heads;
  for (std::size_t left_out = 0;; ++left_out) {
    for (const auto* heads : {&table.heads, &brief}) {
      Layout layout = measured(table, *heads, columns, 2);
      if (total_of(layout) <= width) return layout;
    }
    Layout layout = measured(table, brief, columns, 1);
    const bool last = left_out == table.less_needed.size();
    narrow(layout, table.name_column, width, last ? kNameLeast : kNameFair);
    if (last || total_of(layout) <= width) return layout;
    std::erase(columns, table.less_needed[left_out]);
  }
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
  const Layout layout = layout_of(table, width_);
  const auto at = std::ranges::find(layout.columns, table.name_column) - layout.columns.begin();
  const int name = layout.widths[static_cast<std::size_t>(at)];
  const auto joined = [&](const std::vector<std::string>& cells, const std::string& name_shown) {
    std::string out = " ";
    for (std::size_t i = 0; i < layout.columns.size(); ++i) {
      if (i > 0) out.append(static_cast<std::size_t>(layout.gap), ' ');
      const std::size_t column = layout.columns[i];
      out += column == table.name_column ? text::left(name_shown, layout.widths[i])
                                         : text::right(cells[column], layout.widths[i]);
    }
    return out;
  };
  std::vector<std::string> names;
  for (const auto& [cells, style] : table.rows) names.push_back(cells[table.name_column]);
  names = text::shown_names(names, name);
  line(joined(*layout.heads, text::shown((*layout.heads)[table.name_column], name)), Style::dim);
  for (std::size_t i = 0; i < names.size(); ++i)
    line(joined(table.rows[i].first, names[i]), table.rows[i].second);
  std::string left_out;
  for (std::size_t i = 0; i < table.heads.size(); ++i) {
    if (std::ranges::count(layout.columns, i) == 0)
      left_out += (left_out.empty() ? "" : ", ") + table.heads[i];
  }
  if (!left_out.empty()) {
    paragraph("", text::shown(fmt::format("no room in {} for: {}", counted(width_, "column"), left_out), 400),
              Style::dim);
  }
}

int Terminal::lines() const { return static_cast<int>(std::ranges::count(out_, '\n')); }

}  // namespace offload
