// The board for people: pages of plain HTML with a style of their own and no script, which ask nothing of a
// network. Names and words of strangers are text in them and nothing else.
#pragma once

#include <string>
#include <vector>

#include "leaderboard/standing.hpp"

namespace offload {

// `snapshots`: the days there are, newest first, whose pages lie in folders of these names; `date` is the one
// shown. `base` leads from the page to that day's folder: "" within it, "2026-01-31/" from the site's first
// page.
std::string index_page(const std::vector<TaskStanding>& standings, const std::vector<Entry>& entries,
                       const std::string& date, const std::vector<std::string>& snapshots,
                       const std::string& base);
std::string task_page(const TaskStanding& standing, const std::string& date);
// `lines`: the entry's rows on its task's boards.
std::string entry_page(const Entry& entry, const std::vector<const StandingLine*>& lines,
                       const std::string& date);

// For text and attributes of HTML.
std::string escaped_html(const std::string& text);

}  // namespace offload
