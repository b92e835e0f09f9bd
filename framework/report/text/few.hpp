// What the figures of a table rest on, where that is little: for the titles of all tables alike.
#pragma once

#include <cstddef>
#include <string>

#include "core/counted.hpp"

namespace offload::text {

// ", n = 12 tests in 3 runs" of fewer than 30 tests or 5 runs; empty of more, and of none.
inline std::string few(std::size_t tests, std::size_t runs) {
  constexpr std::size_t kTests = 30, kRuns = 5;
  if (tests == 0 || (tests >= kTests && runs >= kRuns)) return {};
  return ", n = " + counted(tests, "test") + " in " + counted(runs, "run");
}

}  // namespace offload::text
