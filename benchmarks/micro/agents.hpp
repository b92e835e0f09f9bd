// Microbenchmarks of any agent plugin: a decision at several batch sizes, and an update.
#pragma once

#include <filesystem>

namespace offload::micro {

// Registers agent:<id>/act/batch:<n> and, for one that learns, agent:<id>/update; with both ways of computing
// where its parameter `compute` offers them. Loads the library. Reward plugins are passed over.
void register_agent(const std::filesystem::path& library);

}  // namespace offload::micro
