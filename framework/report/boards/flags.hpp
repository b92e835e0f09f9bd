// Rows that are not to be believed as they stand: what a reader of any form of the report is told about them.
// None is raised by chance alone but for one comparison in a thousand of rows as good as the causal oracle.
#pragma once

#include <string>
#include <vector>

#include "report/figures/references.hpp"
#include "report/figures/test_series.hpp"

namespace offload {

// One-sided level at which a row stands above the causal oracle.
inline constexpr double kFlagLevel = .001;

// False of a row of an official task that fresh copies did not decide: it cannot be of tier 1.
bool may_lead(const ReportPlan& plan, const RowFigures& row);

// In the order of rows, then of cells; tiers are set. `references` may lack splits.
std::vector<Flag> flags_of(const ReportPlan& plan, const MatchedTrials& trials, const TestSeries& tests,
                           const MatchedReferences& references, const Report& report);

}  // namespace offload
