// Of every row what `compare` needs to know. Of a report that is too large for every view it is under one,
// the headline's. There may be much of it, so that it is made row by row where it is written.
#pragma once

#include <optional>

#include "report/figures/test_series.hpp"

namespace offload {

inline constexpr std::size_t kEvidenceMost = 1'000'000;  // numbers

// `headline` is an index into the views of `matched`.
Evidence evidence_of(const ReportPlan& plan, const MatchedTrials& matched, const TestSeries& tests,
                     std::optional<std::size_t> headline);

struct EvidenceRow {
  std::string row;
  // [views of the evidence][tests] mean over cells; NaN where a run did not finish
  std::vector<std::vector<double>> reward;
  std::vector<double> violation;  // [tests] share of cells in which a budget broke
};
// `tests` of the report; `row` is one of the evidence's.
EvidenceRow evidence_row(const Report& report, const TestSeries& tests, std::size_t row);

}  // namespace offload
