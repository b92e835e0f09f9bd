// A condensed trial, and the columns of a row, as bytes, for the process that packed it alone: numbers as
// they lie in memory.
#pragma once

#include <string>
#include <string_view>

#include "report/trials/condensed.hpp"
#include "report/trials/row_columns.hpp"

namespace offload {

// All but origin and episode_ids, which trials share. Appended to `out`.
void pack(const CondensedTrial& trial, std::string& out);
void pack(const RowColumns& columns, std::string& out);
// What trials of one origin agree in.
void pack(const TrialOrigin& origin, std::string& out);
// Of what pack gave.
CondensedTrial unpacked_trial(std::string_view bytes);
RowColumns unpacked_columns(std::string_view bytes);

}  // namespace offload
