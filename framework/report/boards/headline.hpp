// The report in one sentence: who leads, by how much, whether significantly, whether other views agree, and
// how far the optimum is. It is said under the view that the evidence supports: the known truth (true_mean,
// or outcomes that are looked up), else the response model that predicts unseen episodes best, else the
// suite's first view, which is then said to be uncalibrated.
#pragma once

#include <string>

#include "report/figures/report.hpp"

namespace offload {

// Everything else of the report is there already, flags included.
Headline headline_of(const Report& report);

// "known", "calibrated" or "uncalibrated".
const char* word(Headline::Support support);

}  // namespace offload
