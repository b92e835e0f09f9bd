// Bytes that are put away and read again: in memory up to a limit, beyond it in a temporary file without a
// name, which is gone with the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace offload {

class Spool {
 public:
  // `memory`: bytes that are kept before there is a file.
  explicit Spool(std::size_t memory);
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // Returns where they begin. Throws Error(io) where the temporary folder takes no more.
  std::uint64_t append(std::string_view bytes);
  // In place of what `out` holds. Of what was appended; throws Error(io).
  void read(std::uint64_t at, std::size_t size, std::string& out) const;

 private:
  void flush();

  const std::size_t memory_;
  std::string buffer_;         // what follows the file's bytes
  std::uint64_t flushed_ = 0;  // bytes of the file
  int descriptor_ = -1;
};

}  // namespace offload
