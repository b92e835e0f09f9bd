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
  std::vector<std::size_t> less_needed = {};  // columns that may be left out, the least needed first
};

class Terminal {
 public:
  // At least 40 columns; ANSI colours when asked for.
  Terminal(bool color, int width);

  int width() const { return width_; }
  void line(const std::string& text, Style style = Style::plain);
  // Bold, wrapped.
  void title(const std::string& text);
  // Wrapped behind its label.
  void paragraph(const std::string& label, const std::string& text, Style style);
  // Two spaces between columns. Where the table would be too wide: its short heads, then one space between
  // columns, then names are cut, but stay different: down to 20 columns, then what is less needed is left
  // out, which a line below says, then further.
  void table(const Table& table);
  // Lines so far.
  int lines() const;
  std::string take() { return std::move(out_); }

 private:
  std::string styled(const std::string& text, Style style) const;

  bool color_;
  int width_;
  std::string out_;
};

}  // namespace offload
