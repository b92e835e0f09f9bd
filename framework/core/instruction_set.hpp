// Which instruction set does the work where code is compiled once for each. Results do not depend on it; time
// does, and what plugins compute for themselves may.
#pragma once

#include <string_view>

namespace offload {

enum class InstructionSet { baseline, avx2, avx512 };  // each includes those before it
const char* to_string(InstructionSet set);

// Whether it has this name and the processor has it.
bool can_use_instruction_set(std::string_view name);
// The widest that the processor has, or what the environment variable OFFLOAD_ISA names: baseline, avx2 or
// avx512. Throws Error(config) for another name and for what the processor lacks.
InstructionSet instruction_set_in_use();

}  // namespace offload
