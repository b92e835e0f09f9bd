// What a file that says of which folders a report is (joined_folder.hpp) says beside that.
#pragma once

#include <filesystem>

namespace offload {

// Of a joined.json that the folders could be read from: whether it says nothing else, and in the words of
// write_joined. Throws Error(data, io).
bool is_joined_as_written(const std::filesystem::path& folder);

}  // namespace offload
