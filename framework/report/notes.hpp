// What a reader should know of a row that ran without fault and yet may not do what its author meant: it took
// one action throughout, its scalars turned NaN, candidates of its sweep failed.
#pragma once

#include <string>
#include <vector>

#include "report/figures/report.hpp"

namespace offload {

// Sentences without the row's name; of a row that finished no trial none.
std::vector<std::string> notes_of(const ReportPlan& plan, const RowFigures& row);

// Adds to every cell that a board leaves out of S for want of an exact causal oracle why there is none, and
// what would help. `report.references` and the boards are there.
void explain_unscored(Report& report);

// That learners were not tuned alike, where any was; empty where all had as many candidates.
std::string tuning_warning(const ReportPlan& plan);

}  // namespace offload
