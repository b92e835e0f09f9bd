// What every room does with files and folders: a bounded read, a folder made, a failed system call said, a
// name from outside made a plain one.
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace offload {

// Throws Error(io) for what cannot be read, Error(data) for what is no regular file or larger than `limit`.
std::string read_bounded(const std::filesystem::path& file, std::size_t limit);

// The same file, for reading in parts. Throws as read_bounded.
std::ifstream open_bounded(const std::filesystem::path& file, std::size_t limit);

// Takes a text part by part.
using PartSink = std::function<void(std::string_view)>;
// Whether there is such a file, and it holds what `write` hands to its sink, all of it and no more.
bool file_holds(const std::filesystem::path& file, const std::function<void(const PartSink&)>& write);

// With all that is missing above it. Throws Error(io).
void make_folder(const std::filesystem::path& folder);

// For a folder that is to be written into. Throws Error(config) where it is there and holds anything, unless
// `mine` says of every name in it that it may be there: of what an earlier call of the same kind wrote.
// `what` says what is written, "a board's site".
void require_own_folder(const std::filesystem::path& folder, std::string_view what,
                        const std::function<bool(const std::string& name)>& mine);

// For a folder in which files of these names are to be written, beside what else is there. Throws
// Error(config) where it is a file or has one of them.
void require_unused_names(const std::filesystem::path& folder, const std::vector<std::string>& names);

// Throws Error(io): the file, what could not be done, and why by errno.
[[noreturn]] void fail_io(const std::filesystem::path& file, std::string_view what);

// A name of a suite, row or split as one component of a path: other names, other components; usual ones stay.
std::string file_name(const std::string& name);

}  // namespace offload
