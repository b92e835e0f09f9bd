// Facts about the machine that results depend on or that belong beside timings.
#pragma once

#include <map>
#include <string>

namespace offload {

// By name: core/instruction_set.hpp.
std::string instruction_set();

// CPU model, instruction set, compiler, OffloadBench version.
std::map<std::string, std::string> machine_facts();

// Of this process and the children that it waited for: seconds of CPU (user and system), the peak resident
// memory of one of them in MB (10^6 bytes).
double cpu_seconds();
double peak_memory_mb();

}  // namespace offload
