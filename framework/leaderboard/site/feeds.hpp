// The board for programs: standings as JSON and CSV, without anything of single episodes. Members and
// columns: reports/README.md.
#pragma once

#include <string>
#include <vector>

#include "leaderboard/standing.hpp"

namespace offload {

inline constexpr const char* kLeaderboardFormat = "offload-leaderboard/1";

// One task.
std::string standing_json(const TaskStanding& standing, const std::string& date);
std::string standing_csv(const TaskStanding& standing);
// All entries of the board, newest first.
std::string entries_json(const std::vector<Entry>& entries, const std::string& date);
std::string entries_csv(const std::vector<Entry>& entries);

}  // namespace offload
