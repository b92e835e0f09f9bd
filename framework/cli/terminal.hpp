// How verbs print: tables on standard output, and words to the user on standard error.
#pragma once

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "report/text/text.hpp"

namespace offload::cli {

// Of a report by default, with what `run` says before it.
inline constexpr int kScreenLines = 40;

// Columns of the terminal on standard output, else what COLUMNS says; 0 without either.
inline int known_width() {
  winsize size{};
  if (isatty(STDOUT_FILENO) != 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  const char* columns = std::getenv("COLUMNS");
  return columns == nullptr ? 0 : std::max(0, std::atoi(columns));
}

// Of what is printed on standard output: from 40 to 100 columns; 100 where nothing is known.
inline int table_width() {
  constexpr int kMost = 100, kLeast = 40;
  const int known = known_width();
  return known > 0 ? std::clamp(known, kLeast, kMost) : kMost;
}

// By the first that speaks: NO_COLOR says no (no-color.org); FORCE_COLOR and CLICOLOR_FORCE yes, with 0 the
// former no; CLICOLOR=0 and TERM=dumb no; else colours are for terminals.
inline bool wants_color() {
  const auto value = [](const char* name) {
    const char* text = std::getenv(name);
    return std::string_view(text == nullptr ? "" : text);
  };
  if (!value("NO_COLOR").empty()) return false;
  if (const std::string_view forced = value("FORCE_COLOR"); !forced.empty())
    return forced != "0" && forced != "false";
  if (const std::string_view forced = value("CLICOLOR_FORCE"); !forced.empty() && forced != "0") return true;
  if (value("CLICOLOR") == "0" || value("TERM") == "dumb") return false;
  return isatty(STDOUT_FILENO) != 0;
}

// Like fmt::print, with lines that do not fit broken at words; for programs, which have no width, as they
// are.
template <typename... T>
void put(fmt::format_string<T...> format, T&&... values) {
  const std::string text = fmt::format(format, std::forward<T>(values)...);
  fmt::print("{}", known_width() > 0 ? text::filled(text, table_width()) : text);
}

// On standard error, as it is. Unlike fmt::print never throws where that cannot be written: what is told
// there must not end what it tells of.
inline void tell_as_is(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

// Columns of the terminal on standard error, else what COLUMNS says; 0 without either.
inline int told_width() {
  constexpr int kLeast = 40;
  winsize size{};
  if (isatty(STDERR_FILENO) != 0 && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return std::max<int>(size.ws_col, kLeast);
  const char* columns = std::getenv("COLUMNS");
  const int known = columns == nullptr ? 0 : std::atoi(columns);
  return known > 0 ? std::max(known, kLeast) : 0;
}

// Likewise, with lines that do not fit broken at words; paths and other words stay whole, and what programs
// read, which have no width, stays as it is.
template <typename... T>
void tell(fmt::format_string<T...> format, T&&... values) {
  const std::string text = fmt::format(format, std::forward<T>(values)...);
  const int width = told_width();
  tell_as_is(width > 0 ? text::filled(text, width) : text);
}

}  // namespace offload::cli
