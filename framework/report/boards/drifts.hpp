// What the suite's drifts cost the rows.
#pragma once

#include "report/figures/matched.hpp"
#include "report/figures/test_series.hpp"

namespace offload {

// [drifts of the plan]; empty without finished trials.
std::vector<DriftFigures> drift_figures(const ReportPlan& plan, const MatchedTrials& matched,
                                        const TestSeries& tests);

}  // namespace offload
