// Tables and paragraphs for a terminal: columns as wide as they need, one that gives way, colours on request.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace offload {

enum class Style { plain, bold, dim, good, warn, bad };

struct Table {
  std::vector<std::string> heads;
  std::size_t name_column = 0;  // the one that is aligned left and may be cut
  std::vector<std::pair<std::vector<std::string>, Style>> rows;
  std::vector<std::string> short_heads = {};  // in place of `heads` where there is little room; or none
};

class Terminal {
 public:
  // At least 60 columns; ANSI colours when asked for.
  Terminal(bool color, int width);

  int width() const { return width_; }
  void line(const std::string& text, Style style = Style::plain);
  // Bold, wrapped.
  void title(const std::string& text);
  // Wrapped behind its label.
  void paragraph(const std::string& label, const std::string& text, Style style);
  // Two spaces between columns. Where the table would be too wide: its short heads, then one space between
  // columns, then the name column gives way: names are cut, but stay different.
  void table(const Table& table);
  std::string take() { return std::move(out_); }

 private:
  std::string styled(const std::string& text, Style style) const;

  bool color_;
  int width_;
  std::string out_;
};

}  // namespace offload
