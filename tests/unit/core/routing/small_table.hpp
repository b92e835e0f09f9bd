// Tables of known outcomes made in memory for tests.
#pragma once

#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "core/environment/outcome_table.hpp"
#include "offload/random.hpp"

namespace offload {

// Random tables: qualities in quarters, amounts of a few units, one cell in `unknown` of 100 unknown.
inline OutcomeTable random_table(std::size_t turns, std::size_t arms, std::uint64_t unknown,
                                 std::uint64_t seed) {
  Random random(seed);
  OutcomeTable table;
  for (std::size_t a = 0; a < arms; ++a) table.arms.push_back({"arm" + std::to_string(a), ""});
  for (std::size_t t = 0; t < turns; ++t) {
    std::uint64_t known = 0;
    for (std::size_t a = 0; a < arms; ++a) {
      const bool is_known = random.below(100) >= unknown;
      known |= is_known ? std::uint64_t{1} << a : 0;
      table.quality.push_back(is_known ? static_cast<double>(random.below(5)) / 4 : 0);
      table.latency_ns.push_back(static_cast<std::int64_t>(random.below(10)));
      table.cost_pusd.push_back(static_cast<std::int64_t>(random.below(10)));
    }
    table.known.push_back(known);
    table.prompt_group.push_back(static_cast<std::uint32_t>(t));
  }
  return table;
}

inline std::vector<std::uint32_t> all_turns(const OutcomeTable& table) {
  std::vector<std::uint32_t> turns(table.turns());
  std::iota(turns.begin(), turns.end(), 0U);
  return turns;
}

}  // namespace offload
