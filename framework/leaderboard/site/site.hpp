// `leaderboard build`: the board as a static site. A day's figures lie in a folder of that day and follow
// from the board alone: a later entry changes everybody's ranks, in later folders.
//
// SITE/index.html  feed.json  feed.csv
// DATE/{index.html,TASK.html,TASK.json,TASK.csv,entries/N.html,feed.json,feed.csv}
#pragma once

#include <filesystem>
#include <string>

#include "leaderboard/store/board.hpp"

namespace offload {

struct BuiltSite {
  std::string date;  // the day that was built
  std::size_t tasks = 0, entries = 0;
};

// Of the entries and withdrawals up to `date`; empty: the newest there is. A day that is there is replaced as
// a whole. Throws Error: config for a day without anything and for a folder that is no site and not empty,
// data where results were changed since they were added, io.
BuiltSite build_site(Board& board, const std::filesystem::path& site, std::string date);

}  // namespace offload
