// Exact policies of several splits as those of one.
#pragma once

#include <vector>

#include "results/reference_result.hpp"

namespace offload {

inline constexpr int kDiffers = -1;  // the best constant, where splits have different ones

// Values are means over the splits; lists by episode stand one behind the other, so that their means are over
// all tests, as in a report, and empty where a split has none. Of at least one split; a cell is exact
// where it is on every split.
ReferenceResult over_splits(const std::vector<ReferenceResult>& results);

}  // namespace offload
