// Rows of a world against the simplest policies that the table knows, and whether what a row sees of the
// queries helps it.
#pragma once

#include "report/figures/references.hpp"

namespace offload {

// [rows of the suite][cells + 1], the last over all cells, of rewards under the only view.
std::vector<std::vector<Advantage>> advantages(const ReportPlan& plan, const MatchedTrials& trials,
                                               const MatchedReferences& references);

// A sentence for each complete row that sees features of the queries: against the row that is the same
// without them, where the suite has one, and against the best arm per task.
std::vector<std::string> feature_sentences(const ReportPlan& plan, const MatchedTrials& trials,
                                           const MatchedReferences& references,
                                           const std::vector<std::vector<Advantage>>& advantages);

}  // namespace offload
