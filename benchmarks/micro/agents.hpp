// Microbenchmarks of any plugin: an agent's decision at several batch sizes and its update, a reward's
// scores.
#pragma once

#include <filesystem>

namespace offload::micro {

// Registers agent:<id>/act/batch:<n> and, for one that learns, agent:<id>/update; with both ways of computing
// where its parameter `compute` offers them; or reward:<id>/score/batch:<n>, the cost of the call and of the
// formula. Loads the library.
void register_plugin(const std::filesystem::path& library);

}  // namespace offload::micro
