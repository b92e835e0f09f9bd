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

// The command on a line of its own, indented by two; of more than `columns` it goes on behind a backslash.
// 0: as long as it is.
std::string shell_line(const std::string& command, int columns);

}  // namespace offload::cli
