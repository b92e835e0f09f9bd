// What the claims came to on real trainings (real.sh): coverage, false positives, wrong signs and power.
#pragma once

#include <filesystem>

namespace offload::calibration {

// `folder`: of real.sh. Prints Markdown tables. Throws Error where there are no two sets.
void print_real(const std::filesystem::path& folder);

}  // namespace offload::calibration
