// A condensed trial as bytes, for the process that packed it alone: numbers as they lie in memory.
#pragma once

#include <string>
#include <string_view>

#include "report/trials/condensed.hpp"

namespace offload {

// All but origin and episode_ids, which trials share. Appended to `out`.
void pack(const CondensedTrial& trial, std::string& out);
// Of what pack gave.
CondensedTrial unpacked_trial(std::string_view bytes);

}  // namespace offload
