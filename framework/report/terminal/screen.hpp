// The parts that a screen and everything have in common.
#pragma once

#include "report/terminal/shown.hpp"
#include "report/text/terminal.hpp"

namespace offload {

void print_head(Terminal& terminal, const Shown& shown);
bool has_scores(const Shown& shown);
// A line for each word of the leaderboard; of S where `scored`, as a board that is shown has it.
void print_legend(Terminal& terminal, const Shown& shown, bool scored);
// The first `most`, and how many more there are.
void print_unranked(Terminal& terminal, const std::vector<ShownUnranked>& rows, std::size_t most);
void print_notes(Terminal& terminal, const Shown& shown, std::size_t most);
// The headline, the first `most` rows, and the exact policies' rewards.
void print_board(Terminal& terminal, const Shown& shown, std::size_t most);

}  // namespace offload
