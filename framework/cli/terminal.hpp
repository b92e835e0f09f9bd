// How verbs print: tables on standard output, and words to the user on standard error.
#pragma once

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace offload::cli {

// Of what is printed as tables: as wide as the terminal, else as COLUMNS says, up to 100; 100 without either.
inline int table_width() {
  constexpr int kMost = 100, kLeast = 60;
  winsize size{};
  if (isatty(STDOUT_FILENO) != 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return std::clamp<int>(size.ws_col, kLeast, kMost);
  const char* columns = std::getenv("COLUMNS");
  const int asked = columns == nullptr ? 0 : std::atoi(columns);
  return asked > 0 ? std::clamp(asked, kLeast, kMost) : kMost;
}

// On a terminal only, and not where NO_COLOR (no-color.org) says otherwise.
inline bool wants_color() {
  const char* no_color = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) != 0 && (no_color == nullptr || *no_color == '\0');
}

// On standard error. Unlike fmt::print never throws where that cannot be written: what is told there must not
// end what it tells of.
template <typename... T>
void tell(fmt::format_string<T...> format, T&&... values) {
  const std::string text = fmt::format(format, std::forward<T>(values)...);
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace offload::cli
