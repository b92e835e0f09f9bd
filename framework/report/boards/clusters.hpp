// What tests of a world hang together by: a session that several runs test and, where sessions share prompts,
// all that do. Drawings of sessions draw these.
#pragma once

#include <cstdint>
#include <vector>

#include "report/figures/references.hpp"

namespace offload {

// [splits][tests of the split]; references are of a world.
std::vector<std::vector<std::uint32_t>> clusters_of(const MatchedTrials& trials,
                                                    const MatchedReferences& references);

}  // namespace offload
