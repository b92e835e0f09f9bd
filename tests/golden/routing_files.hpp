// The raw routing files of the shared folder as tables of known outcomes, as much as golden numbers need.
#pragma once

#include <filesystem>

#include "core/environment/outcome_table.hpp"

namespace offload {

// RouteLLM's CSV of one benchmark or MMLU domain: right or wrong of the weak and the strong arm. Appends.
void append_routellm(const std::filesystem::path& csv, OutcomeTable& table);
// RouterArena's two JSONL files: haiku, then gemini, with exact prices; query names are global indices.
OutcomeTable read_routerarena(const std::filesystem::path& folder);
// LLMRouter's train.json or test.json: nine arms by name, no costs.
OutcomeTable read_llmrouter(const std::filesystem::path& json);
// WildBench's reduced CSV: eight arms by name; sessions that an arm lacks are unknown there.
OutcomeTable read_wildbench(const std::filesystem::path& csv);

}  // namespace offload
