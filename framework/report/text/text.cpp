#include "report/text/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>

#include "core/utf8.hpp"

namespace offload::text {
namespace {

bool within(char32_t point, char32_t first, char32_t last) { return point >= first && point <= last; }

int columns_of(char32_t p) {
  if (within(p, 0x300, 0x36f) || within(p, 0x20d0, 0x20ff) || within(p, 0xfe00, 0xfe0f) ||
      within(p, 0x1ab0, 0x1aff) || within(p, 0xfe20, 0xfe2f)) {
    return 0;
  }
  const bool wide = within(p, 0x1100, 0x115f) || within(p, 0x2e80, 0xa4cf) || within(p, 0xac00, 0xd7a3) ||
                    within(p, 0xf900, 0xfaff) || within(p, 0xfe30, 0xfe6f) || within(p, 0xff00, 0xff60) ||
                    within(p, 0xffe0, 0xffe6) || within(p, 0x1f300, 0x1faff) || within(p, 0x20000, 0x3fffd);
  return wide ? 2 : 1;
}

void append(std::string& out, char32_t p) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (p < 0x80) {
    put(p);
  } else if (p < 0x800) {
    put(0xc0 | p >> 6), put(0x80 | (p & 0x3f));
  } else if (p < 0x10000) {
    put(0xe0 | p >> 12), put(0x80 | (p >> 6 & 0x3f)), put(0x80 | (p & 0x3f));
  } else {
    put(0xf0 | p >> 18), put(0x80 | (p >> 12 & 0x3f)), put(0x80 | (p >> 6 & 0x3f)), put(0x80 | (p & 0x3f));
  }
}

// Bytes of `text` that `columns` hold, at least one character.
std::size_t fitting(std::string_view text, int columns) {
  std::size_t at = 0;
  for (int used = 0; at < text.size();) {
    std::size_t next = at;
    used += columns_of(decode_utf8(text, next));
    if (used > columns && at > 0) return at;
    at = next;
  }
  return at;
}

}  // namespace

std::string shown(std::string_view text, int columns) {
  std::string out;
  std::size_t kept = 0;  // bytes of `out` that leave room for the ellipsis
  int used = 0, marks = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t point = decode_utf8(text, at);
    std::string piece;
    if (acts(point)) {
      piece = point == '\n'   ? "\\n"
              : point == '\t' ? "\\t"
                              : fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(point));
    } else {
      append(piece, point);
    }
    const int wide = acts(point) ? static_cast<int>(piece.size()) : columns_of(point);
    // A pile of combining marks takes no columns but would cover the lines around it.
    marks = wide == 0 ? marks + 1 : 0;
    if (marks > 2) continue;
    if (used + wide > columns) return out.substr(0, kept) + "…";
    out += piece;
    used += wide;
    if (used < columns) kept = out.size();
  }
  return out;
}

namespace {

// The last characters of `text` that `columns` hold.
std::string_view end_of(std::string_view text, int columns) {
  std::size_t from = 0;
  for (int used = width(text); used > columns && from < text.size();)
    used -= columns_of(decode_utf8(text, from));
  return text.substr(from);
}

// `tail` columns of the end are kept.
std::string cut_in_the_middle(const std::string& name, int columns, int tail) {
  if (width(name) <= columns) return name;
  const int head = columns - 1 - tail;
  return (head > 0 ? name.substr(0, fitting(name, head)) : std::string{}) + "…" +
         std::string(end_of(name, tail));
}

bool all_different(const std::vector<std::string>& names, const std::vector<std::string>& cut) {
  std::map<std::string_view, std::string_view> of;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (of.emplace(cut[i], names[i]).first->second != names[i]) return false;
  }
  return true;
}

}  // namespace

std::vector<std::string> shown_names(const std::vector<std::string>& names, int columns) {
  constexpr int kLong = 4000;
  std::vector<std::string> whole, cut(names.size());
  for (const std::string& name : names) whole.push_back(shown(name, kLong));
  // From the middle outwards.
  const int room = columns - 1;
  for (int step = 0; step <= 2 * room; ++step) {
    const int tail = room / 2 + (step % 2 == 0 ? step / 2 : -(step + 1) / 2);
    if (tail < 0 || tail > room) continue;
    std::ranges::transform(whole, cut.begin(),
                           [&](const std::string& name) { return cut_in_the_middle(name, columns, tail); });
    if (all_different(names, cut)) return cut;
  }
  std::set<std::string> different(names.begin(), names.end());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto number = 1 + std::distance(different.begin(), different.find(names[i]));
    const std::string mark = fmt::format("…{}", number);
    cut[i] = whole[i].substr(0, fitting(whole[i], std::max(1, columns - width(mark)))) + mark;
  }
  return cut;
}

int width(std::string_view text) {
  int columns = 0;
  for (std::size_t at = 0; at < text.size();) columns += columns_of(decode_utf8(text, at));
  return columns;
}

std::string left(std::string_view text, int columns) {
  return std::string(text) + std::string(static_cast<std::size_t>(std::max(0, columns - width(text))), ' ');
}

std::string right(std::string_view text, int columns) {
  return std::string(static_cast<std::size_t>(std::max(0, columns - width(text))), ' ') + std::string(text);
}

std::string wrapped(std::string_view text, int columns, std::string_view indent) {
  std::string out, line;
  const auto end_line = [&] {
    out += line + "\n" + std::string(indent);
    line.clear();
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && width(line) + 1 + width(word) > columns) end_line();
    if (!line.empty()) line += ' ';
    for (std::size_t fits; (fits = fitting(word, columns)) < word.size(); word.remove_prefix(fits)) {
      line += word.substr(0, fits);
      end_line();
    }
    line += word;
  }
  return out + line;
}

namespace {

std::string filled_line(std::string_view line, int columns) {
  if (width(line) <= columns) return std::string(line);
  const std::size_t depth = std::min(line.find_first_not_of(' '), line.size());
  const std::string indent(depth + 2, ' ');
  std::string out(line.substr(0, depth));
  int used = static_cast<int>(depth);
  bool begins = true;
  for (line.remove_prefix(depth); !line.empty();) {
    // With the spaces before it, of which a table has several.
    const std::size_t word = std::min(line.find_first_not_of(' '), line.size());
    const std::size_t end = std::min(line.find(' ', word), line.size());
    const int wide = width(line.substr(0, end));
    if (!begins && used + wide > columns) {
      out += "\n" + indent;
      used = static_cast<int>(indent.size());
      line.remove_prefix(word);
      begins = true;
      continue;
    }
    out += line.substr(0, end);
    used += wide;
    begins = false;
    line.remove_prefix(end);
  }
  return out;
}

}  // namespace

std::string filled(std::string_view text, int columns) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += filled_line(text.substr(0, end), columns);
    if (end < text.size()) out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string shell_line(const std::string& command, int columns) {
  constexpr int kBackslash = 2;
  // Within quotes a line break would be a part of the word.
  if (columns == 0 || width("  " + command) <= columns || command.find('\'') != std::string::npos)
    return "  " + command + "\n";
  std::string out;
  for (const char c : filled("  " + command, columns - kBackslash))
    out += c == '\n' ? std::string(" \\\n") : std::string(1, c);
  return out + "\n";
}

std::string markdown(std::string_view text) {
  const std::string safe = shown(text, 1000);
  std::string out;
  for (std::size_t i = 0; i < safe.size(); ++i) {
    const std::string_view rest = std::string_view(safe).substr(i);
    const char c = safe[i];
    // What would become a tag, an entity, or a link without being asked to.
    if (std::string_view("&<>@").find(c) != std::string_view::npos || rest.starts_with("://") ||
        rest.starts_with("www.") || rest.starts_with("WWW.")) {
      out += fmt::format("&#{};", static_cast<int>(c));
    } else if (std::string_view("\\`*_{}[]#!|~$").find(c) != std::string_view::npos) {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
  return out;
}

namespace {

bool is_number(std::string_view text) {
  double value = 0;
  return std::from_chars(text.data(), text.data() + text.size(), value).ptr == text.data() + text.size();
}

}  // namespace

std::string csv(std::string_view text) {
  constexpr std::string_view kMarked = "=+-@\t\r'";
  const bool acts = !text.empty() && kMarked.find(text[0]) != std::string_view::npos && !is_number(text);
  const std::string marked = (acts ? "'" : "") + std::string(text);
  if (marked.find_first_of(",\"\r\n") == std::string::npos) return marked;
  std::string out = "\"";
  for (const char c : marked) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += ',';
    line += csv(fields[i]);
  }
  return line + "\n";
}

std::string fixed(double value, int digits) {
  if (!std::isfinite(value)) return "-";
  const std::string out = fmt::format("{:.{}f}", value, digits);
  return out.find_first_not_of("-0.") == std::string::npos && out[0] == '-' ? out.substr(1) : out;
}

std::string cost(double usd) { return usd > 0 && usd < .5e-5 ? "<1e-5" : fixed(usd, 5); }

std::string percent(double share) {
  if (!std::isfinite(share)) return "-";
  if (share == 0) return "0 %";
  if (share == 1) return "100 %";
  if (share < .0005) return "<0.1 %";
  if (share > .9995 && share < 1) return ">99.9 %";
  return fmt::format("{:.1f} %", 100 * share);
}

std::string p_value(double p) { return p < 1e-4 ? "<.0001" : fixed(p, 4); }

std::string plus_minus(double value, double low, double high, int digits) {
  return fmt::format("{} ± {}", fixed(value, digits), fixed((high - low) / 2, digits));
}

std::string budget(double latency_s, double cost, std::string_view unit) {
  if (std::isinf(latency_s) && std::isinf(cost)) return "unlimited";
  if (std::isinf(latency_s)) return fmt::format("{:g} {}", cost, unit);
  if (std::isinf(cost)) return fmt::format("{:g} s", latency_s);
  return fmt::format("{:g} s, {:g} {}", latency_s, cost, unit);
}

std::string exact(double value) { return std::isfinite(value) ? fmt::format("{}", value) : ""; }

}  // namespace offload::text
