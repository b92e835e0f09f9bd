// Whether the files of a report say what the results beside them come to: the second half of verification.
#pragma once

#include <filesystem>
#include <vector>

#include "files/json_difference.hpp"
#include "report/figures/report.hpp"

namespace offload {

// Appends every difference between the report files in `folder` and `report`, by place: JSON pointers, lines
// and columns. A missing file is one; report.html and learning curves are compared where they are, and there
// must be no curves of anything else.
void verify_report(const std::filesystem::path& folder, const Report& report,
                   std::vector<Disagreement>& found);

}  // namespace offload
