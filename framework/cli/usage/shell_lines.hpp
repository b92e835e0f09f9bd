// Commands that are printed for the user to run as they stand.
#pragma once

#include <filesystem>
#include <string>

namespace offload::cli {

// One word of a POSIX shell, in quotes where it needs them.
std::string shell_word(const std::string& text);

// What starts this program in the user's shell: its name where PATH leads from that to it, else its path.
std::string own_command();

// `path` from the working folder where it lies below it, else as it is.
std::filesystem::path near(const std::filesystem::path& path);

// What shows all of the results in `folder`, as it is typed.
std::string command_for_all(const std::string& folder);

}  // namespace offload::cli
