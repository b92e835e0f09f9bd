// Of every row what `compare` needs to know.
#pragma once

#include "report/figures/test_series.hpp"

namespace offload {

inline constexpr std::size_t kEvidenceMost = 1'000'000;  // numbers

Evidence evidence_of(const ReportPlan& plan, const MatchedTrials& matched, const TestSeries& tests);

}  // namespace offload
