// A file that appears whole or not at all: written under a temporary name in its folder, flushed to the disk,
// then renamed. Unless committed it leaves nothing behind; what a killed process leaves is found by the lock
// that it no longer holds.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace offload {

class AtomicFile {
 public:
  // Throws Error(io) when the folder cannot be written to.
  explicit AtomicFile(const std::filesystem::path& file);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // Throws Error(io), as when the disk is full.
  void write(std::string_view bytes);
  void commit();

 private:
  void flush();

  std::filesystem::path file_, temporary_;
  std::string buffer_;
  int descriptor_ = -1;
};

// Throws Error(io).
void write_atomically(const std::filesystem::path& file, std::string_view text);

// Whether a file name is that of an AtomicFile before its commit.
bool is_temporary(std::string_view name);
// Removes, in `folder` and, where asked, all below it, what AtomicFiles of processes that no longer run left.
void remove_temporary_files(const std::filesystem::path& folder, bool below);

}  // namespace offload
