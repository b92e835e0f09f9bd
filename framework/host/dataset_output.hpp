// A file that appears whole or not at all: written under a temporary name in its folder, flushed to the disk,
// then renamed. Unless committed it leaves nothing behind.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace offload {

class DatasetOutput {
 public:
  // Throws Error(io) when the folder cannot be written to.
  explicit DatasetOutput(const std::filesystem::path& file);
  ~DatasetOutput();
  DatasetOutput(const DatasetOutput&) = delete;
  DatasetOutput& operator=(const DatasetOutput&) = delete;

  // Throws Error(io), as when the disk is full.
  void write(std::string_view bytes);
  void commit();

 private:
  void flush();
  [[noreturn]] void fail_io(const char* what) const;

  std::filesystem::path file_, temporary_;
  std::string buffer_;
  int descriptor_ = -1;
};

}  // namespace offload
