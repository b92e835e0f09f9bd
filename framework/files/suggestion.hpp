// "Did you mean": the known name closest to one that is not known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace offload {

// "; did you mean 'epsilon'?" when a known name is within about a third of the letters of `name` by edits,
// insertions, deletions and swaps; empty otherwise. Ties go to the first.
std::string suggestion(std::string_view name, const std::vector<std::string>& known);

}  // namespace offload
