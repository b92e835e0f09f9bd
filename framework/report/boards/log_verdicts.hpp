// Verdicts from simulated logs summed up over rows and logs.
#pragma once

#include "report/figures/log_figures.hpp"
#include "report/figures/matched.hpp"

namespace offload {

// Without cells where the suite simulates no log.
LogFigures log_figures(const ReportPlan& plan, const MatchedTrials& matched);

}  // namespace offload
