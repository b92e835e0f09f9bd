// Where the command lies, and so what is shipped with it (bin/offload-bench beside lib/offload-bench).
#pragma once

#include <filesystem>

namespace offload {

// The running program's own file, or the command that use_command named; empty where neither is known.
std::filesystem::path command_or_self();

// Of a program that is not of the installation and has it beside a library, such as Python. Once, before any
// other thread looks.
void use_command(std::filesystem::path command);

}  // namespace offload
