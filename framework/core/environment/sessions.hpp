// Sessions of independent queries, made of a table of known outcomes. The grouping is an invention, the
// outcomes are not: none depends on what was asked before.
#pragma once

#include <cstdint>

#include "core/environment/episode.hpp"

namespace offload {

// The queries of `data` (its turns) in sessions of `turns`, the last of each stated part shorter where they
// do not come out even: drawn with `seed`, queries of one prompt group next to each other, none of the test
// part with one of the training part. Ids count from 0; the table has a hash of its own, and its notes say
// what was invented. Throws Error(config) where outcomes are not known, or belong to the path that an arm
// began.
EpisodeTable in_sessions(const EpisodeTable& data, int turns, std::uint64_t seed, const std::string& sha256);

}  // namespace offload
