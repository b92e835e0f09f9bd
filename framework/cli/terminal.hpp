// How verbs print tables on standard output.
#pragma once

#include <unistd.h>

#include <cstdlib>

namespace offload::cli {

inline constexpr int kTableWidth = 100;

// On a terminal only, and not where NO_COLOR (no-color.org) says otherwise.
inline bool wants_color() {
  const char* no_color = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) != 0 && (no_color == nullptr || *no_color == '\0');
}

}  // namespace offload::cli
