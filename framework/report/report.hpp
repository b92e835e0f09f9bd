// From the trials of a results folder to everything that is said about them. make_report is a pure function:
// the order of the trials changes nothing, and what depends on the machine or the hour stays in the timing
// and host members. What is written adds no figure of its own (formats/).
#pragma once

#include <filesystem>
#include <vector>

#include "report/figures/report.hpp"
#include "results/report_plan.hpp"
#include "results/store.hpp"

namespace offload {

// Trials that do not belong to the plan or contradict it are left out by name. Rows with a planned trial that
// failed or has not run are shown but not ranked: their runs are not those of the others. `bounds` add to
// those of the stored references.
Report make_report(const ReportPlan& plan, const StoreContents& contents,
                   const std::vector<OracleBounds>& bounds = {});
// The same of what the folders hold, read one by one and not kept.
Report report_of(const ReportPlan& plan, const std::vector<std::filesystem::path>& folders);

// The plan and the trials of one or more results folders. Folders of different rows of the same suite add up;
// throws Error(config) when anything else differs, Error(data) or Error(io) for a folder without a plan.
Report report_of(const std::vector<std::filesystem::path>& folders);

// report.json, report.md, report.html, the CSV files (csv_files), and per trial with a learning curve its
// event file (events.hpp), each written whole or not at all. Throws Error(io).
void write_report(const std::filesystem::path& folder, const Report& report);

}  // namespace offload
