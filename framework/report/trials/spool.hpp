// Bytes that are put away and read again: in memory up to a limit that all of a process share, beyond it in a
// temporary file without a name, which is gone with the process.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <streambuf>
#include <string>
#include <string_view>

namespace offload {

class Spool {
 public:
  // `memory`: bytes of all spools without a file, together, before this one takes one.
  explicit Spool(std::size_t memory = std::size_t{1} << 20);
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // Returns where they begin. Throws Error(io) where the temporary folder takes no more.
  std::uint64_t append(std::string_view bytes);
  std::uint64_t size() const { return flushed_ + buffer_.size(); }
  // In place of what `out` holds. Of what was appended; throws Error(io).
  void read(std::uint64_t at, std::size_t size, std::string& out) const;

 private:
  void flush();

  static std::atomic<std::size_t> held_;  // bytes of all that have no file
  const std::size_t memory_;
  std::string buffer_;         // what follows the file's bytes
  std::uint64_t flushed_ = 0;  // bytes of the file
  int descriptor_ = -1;
};

// All of a spool, which outlives it and does not change, for a stream.
class SpoolBuffer final : public std::streambuf {
 public:
  explicit SpoolBuffer(const Spool& spool) : spool_(spool) {}

 protected:
  int_type underflow() override;
  pos_type seekoff(off_type offset, std::ios_base::seekdir from, std::ios_base::openmode which) override;
  pos_type seekpos(pos_type at, std::ios_base::openmode which) override;

 private:
  const Spool& spool_;
  std::string part_;
  std::uint64_t next_ = 0;  // behind `part_`
};

}  // namespace offload
