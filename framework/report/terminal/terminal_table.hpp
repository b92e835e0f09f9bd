// Reports in a terminal: a screen that ends with the headline and the leaderboard, or everything.
#pragma once

#include <string>

#include "report/figures/report.hpp"
#include "report/terminal/shown.hpp"

namespace offload {

struct TerminalLook {
  bool color = false;     // ANSI
  int width = 80;         // columns, at least 40
  int lines = 40;         // of the screen; the leaderboard gives way, down to five rows
  std::string more = {};  // the command that shows everything, as it is typed; a hint names it
};

// What was run, what the words mean, what to know, and last the headline over the leaderboard of its view.
std::string terminal_screen(const Shown& shown, const TerminalLook& look);
// Before the same, with every row and reference: the exact policies, the cells, what the figures rest on.
std::string terminal_long(const Report& report, const TerminalLook& look);

}  // namespace offload
