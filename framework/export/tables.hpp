// The tables of results folders: what every row decided, how it learned, and how rows stand.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "export/table_writer.hpp"
#include "report/report.hpp"

namespace offload {

// row, split, cell, episode (id), turn, action (index) and its name, the drift that it was taken after, and
// the drift that the row was trained after from the start: a line per decision of every finished trial of
// `report`, which is `of` these folders, in the plan's order; trials are read one by one.
void write_decisions(const Report& report, const ReportFolders& of, TableFormat format,
                     const TableWriter::Sink& sink);

// row, split, step, name ("reward/<cell>" or a scalar of the agent), value: a line per point and quantity.
void write_curves(const Report& report, TableFormat format, const TableWriter::Sink& sink);

// The view of the headline, where the page and the terminal begin; an index into Report::views.
std::size_t headline_view(const Report& report);

// CSV and JSON lines: the lines and columns of leaderboard.csv, of one view (an index into Report::views) or
// of all. LaTeX: the ranked rows of one view, the headline's where none is named, with the columns that fit a
// page.
void write_leaderboard(const Report& report, std::optional<std::size_t> view, TableFormat format,
                       const TableWriter::Sink& sink);

// The view of a name as reports have it, "simulator / knn". Throws Error(config) with those there are.
std::size_t view_named(const Report& report, const std::string& name);

}  // namespace offload
