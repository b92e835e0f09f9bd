// From the trials of a results folder to everything that is said about them. make_report is a pure function:
// the order of the trials changes nothing, and what depends on the machine or the hour stays in the timing
// and host members. What is written adds no figure of its own (formats/).
#pragma once

#include <filesystem>
#include <vector>

#include "report/figures/report.hpp"
#include "results/joining/joined_folder.hpp"
#include "results/plan/report_plan.hpp"
#include "results/result_reading.hpp"
#include "results/store.hpp"

namespace offload {

// Trials that do not belong to the plan or contradict it are left out by name. Rows with a planned trial that
// failed or has not run are shown but not ranked: their runs are not those of the others. `bounds` add to
// those of the stored references.
Report make_report(const ReportPlan& plan, const StoreContents& contents,
                   const std::vector<OracleBounds>& bounds = {});
// The same of what the folders hold, or `source` hands over, read one by one and not kept.
Report report_of(ReportPlan plan, const std::vector<std::filesystem::path>& folders);
Report report_of(ReportPlan plan, const ResultSource& source);

// The plan and the trials of one or more results folders, joined as joining.hpp says, with its errors.
// `names` are what rows of some folders are called; a warning says so.
Report report_of(const ReportFolders& of);
inline Report report_of(const std::vector<std::filesystem::path>& folders,
                        const std::vector<RowName>& names = {}) {
  return report_of(ReportFolders{folders, names});
}

// Throws Error(config) where write_report, or what is written of the names `also`, would replace the user's
// own files in `folder`: there are some of their names, and no results or report that they could be of.
void require_report_folder(const std::filesystem::path& folder, const std::vector<std::string>& also = {});

// report.json, report.md, report.html, the CSV files (csv_files), and per trial with a learning curve its
// event file (events.hpp), each written whole or not at all; joined.json where the report is not `of` this
// folder alone, as it is if nothing is said. Throws Error(io).
void write_report(const std::filesystem::path& folder, const Report& report, const ReportFolders& of = {});

}  // namespace offload
