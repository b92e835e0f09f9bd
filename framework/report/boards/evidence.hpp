// Of every row what `compare` needs to know. Of a report that is too large for every view it is under one,
// the headline's.
#pragma once

#include <optional>

#include "report/figures/test_series.hpp"

namespace offload {

inline constexpr std::size_t kEvidenceMost = 1'000'000;  // numbers

// `headline` is an index into the views of `matched`.
Evidence evidence_of(const ReportPlan& plan, const MatchedTrials& matched, const TestSeries& tests,
                     std::optional<std::size_t> headline);

}  // namespace offload
