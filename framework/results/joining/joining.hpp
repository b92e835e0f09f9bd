// The plans of several results folders as one: folders of one suite or of its parts, and of people who ran
// rows of their own in the same setting. What may differ are rows, and the suite's name and description;
// everything else that does is named with both values.
#pragma once

#include <filesystem>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "results/plan/report_plan.hpp"

namespace offload {

// What the row of a folder is called beside those of other folders; empty: it is left out.
struct RowName {
  std::filesystem::path folder;
  std::string row, name;
};

// "FOLDER:ROW=NAME"; the name may be empty. Throws Error(config).
RowName row_name_of(const std::string& text);

// Throws Error(config) at `place` for what no row of a report can be called.
void require_row_name(const std::string& name, const std::string& place);

// By key of a trial: what its file calls its row, where that is another name here.
using StoredRows = std::unordered_map<std::string, std::string>;

struct JoinedKeys {
  StoredRows stored_row;
  // [folders] Keys of results that do not count there: of rows that are left out, and exact policies that an
  // earlier folder has under another key.
  std::vector<std::unordered_set<std::string>> passed_over;
};

struct JoinedPlan {
  ReportPlan plan;
  JoinedKeys keys;
};

// The first folder's plan with the rows and trials that the others add. A task is claimed where all folders
// claim it. Throws Error(config) for folders that cannot stand in one report, with what differs and what to
// do, and for a name of no folder or row; Error(data) or Error(io) for a folder without a plan.
JoinedPlan joined_plan(const std::vector<std::filesystem::path>& folders,
                       const std::vector<RowName>& names = {});

// The plan of a results folder. Throws Error(data) or Error(io).
ReportPlan read_plan(const std::filesystem::path& folder);

// Where the settings of two plans differ, as "environment/window is 5 in A and 7 in B"; up to four. With
// `rows` theirs as well; builds of the reward are of no account without.
std::vector<std::string> plan_differences(const ReportPlan& a, const std::string& name_a, const ReportPlan& b,
                                          const std::string& name_b, bool rows);

}  // namespace offload
