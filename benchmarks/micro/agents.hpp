// Microbenchmarks of any plugin: an agent's decision at several batch sizes and its update, a reward's
// scores.
#pragma once

#include "remote/placed.hpp"

namespace offload::micro {

// Registers agent:<id>/act/batch:<n> and, for one that learns, agent:<id>/update; with both ways of computing
// where its parameter `compute` offers them; or reward:<id>/score/batch:<n>, the cost of the call and of the
// formula. Loads the library, here or in a process of its own.
void register_plugin(const PluggedIn& plugin);

}  // namespace offload::micro
