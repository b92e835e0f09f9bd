// Pairs of rows on demand (`report --pairs a,b`): the difference of their mean rewards over cells, under
// every view and claim that the report's evidence allows. Exploratory: nothing is corrected.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "report/figures/report.hpp"

namespace offload {

using RowPair = std::pair<std::string, std::string>;

// `format`: "table", "csv", "json" or "md". Throws Error(config) for a row that the report does not have with
// a finished run, or where the report is too large to keep its evidence.
std::string pairs_text(const Report& report, const std::vector<RowPair>& pairs, const std::string& format,
                       bool color, int width);

}  // namespace offload
