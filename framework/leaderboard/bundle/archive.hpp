// The file that a bundle travels in: a tar archive compressed by zstd (or gzip), of plain files and folders
// alone. Reading takes it for the work of somebody who means harm: what an archive may say beyond names,
// sizes and bytes is refused, and so is what is too large, too much, or larger than its compressed bytes give
// reason for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace offload {

struct ArchiveLimits {
  std::uint64_t packed_bytes = std::uint64_t{256} << 20;
  std::uint64_t bytes = std::uint64_t{1} << 30;  // of all files together
  std::uint64_t ratio = 200;                     // of bytes to packed bytes, beyond kRatioFree of them
  std::size_t entries = 50'000, path = 300, depth = 12;  // with folders; bytes, components
};
inline constexpr std::uint64_t kRatioFree = std::uint64_t{16} << 20;

struct ArchivedFile {
  std::uint64_t bytes = 0;
  std::string sha256;

  bool operator==(const ArchivedFile&) const = default;
};
using ArchivedFiles = std::map<std::string, ArchivedFile>;  // by path

// Why a path within an archive is refused; empty where it may be: components of letters, digits and '
// ._+-=,@#()' of up to 255 bytes that begin with no '.' or '-' and end with no '.' or ' ', joined by single
// '/'.
std::string path_problem(std::string_view path, const ArchiveLimits& limits = {});

// Makes `folder`, which must not be there, and writes what the archive holds below it, readable by this user
// alone. Throws Error(data) with the entry for what is refused, Error(io); what was written by then is left
// for the caller to remove.
ArchivedFiles unpack_archive(const std::filesystem::path& archive, const std::filesystem::path& folder,
                             const ArchiveLimits& limits = {});

// A file of an archive to be: its path there, and where its bytes are: in a file, or else `text`.
struct PackedFile {
  std::string path;
  std::filesystem::path file = {};
  std::string text = {};
};

// Writes the files in this order, with nothing of this machine or hour, so that the same files are the same
// bytes; the archive appears whole or not at all. Throws Error(data) for paths and sizes that unpack_archive
// would refuse, Error(io).
void pack_archive(const std::vector<PackedFile>& files, const std::filesystem::path& archive);

}  // namespace offload
