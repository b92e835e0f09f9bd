#include "report/trials/spool.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "core/error.hpp"

namespace offload {
namespace {

constexpr std::size_t kWritten = std::size_t{1} << 16;  // at once, where there is a file

std::filesystem::path temporary_folder() {
  const char* const named = std::getenv("TMPDIR");
  return named == nullptr || *named == '\0' ? "/tmp" : named;
}

[[noreturn]] void refuse_spooling(const char* what) {
  const std::string reason = std::system_category().message(errno);
  fail(ErrorKind::io,
       "{}: {} what is put away for a while, as it is too large for memory: {}; name a folder with room by "
       "the "
       "environment's TMPDIR",
       printable(temporary_folder().native()), what, reason);
}

// Readable and writable, and without a name from the start.
int nameless_file() {
  const std::filesystem::path folder = temporary_folder();
  const int file = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0) return file;
  // Not every file system has such files.
  std::string name = (folder / "offload-report-XXXXXX").native();
  const int named = mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) unlink(name.c_str());
  return named;
}

}  // namespace

std::atomic<std::size_t> Spool::held_ = 0;

Spool::Spool(std::size_t memory) : memory_(memory) {}

Spool::~Spool() {
  if (descriptor_ >= 0)
    close(descriptor_);
  else
    held_ -= buffer_.size();
}

std::uint64_t Spool::append(std::string_view bytes) {
  const std::uint64_t at = flushed_ + buffer_.size();
  buffer_ += bytes;
  if (descriptor_ < 0) held_ += bytes.size();
  if (descriptor_ < 0 ? held_ > memory_ : buffer_.size() > kWritten) flush();
  return at;
}

void Spool::flush() {
  if (descriptor_ < 0) {
    descriptor_ = nameless_file();
    if (descriptor_ < 0) refuse_spooling("cannot hold");
    held_ -= buffer_.size();
  }
  for (std::string_view left = buffer_; !left.empty();) {
    const ssize_t count = ::write(descriptor_, left.data(), left.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) refuse_spooling("cannot hold");
    left.remove_prefix(static_cast<std::size_t>(count));
  }
  flushed_ += buffer_.size();
  if (buffer_.capacity() > 2 * kWritten)
    buffer_ = {};
  else
    buffer_.clear();
}

void Spool::read(std::uint64_t at, std::size_t size, std::string& out) const {
  out.resize(size);
  std::size_t done = 0;
  while (done < size && at + done < flushed_) {
    const std::size_t most = std::min<std::uint64_t>(size - done, flushed_ - at - done);
    const ssize_t count = pread(descriptor_, out.data() + done, most, static_cast<off_t>(at + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) refuse_spooling("cannot give back");
    done += static_cast<std::size_t>(count);
  }
  if (done < size) buffer_.copy(out.data() + done, size - done, at + done - flushed_);
}

SpoolBuffer::int_type SpoolBuffer::underflow() {
  constexpr std::uint64_t kPart = std::uint64_t{1} << 16;
  if (next_ == spool_.size()) return traits_type::eof();
  spool_.read(next_, std::min(kPart, spool_.size() - next_), part_);
  next_ += part_.size();
  setg(part_.data(), part_.data(), part_.data() + part_.size());
  return traits_type::to_int_type(*gptr());
}

SpoolBuffer::pos_type SpoolBuffer::seekoff(off_type offset, std::ios_base::seekdir from,
                                           std::ios_base::openmode which) {
  const auto here = static_cast<off_type>(next_) - (egptr() - gptr());
  const off_type base = from == std::ios_base::beg   ? 0
                        : from == std::ios_base::end ? static_cast<off_type>(spool_.size())
                                                     : here;
  if (from == std::ios_base::cur && offset == 0) return here;
  return seekpos(base + offset, which);
}

SpoolBuffer::pos_type SpoolBuffer::seekpos(pos_type at, std::ios_base::openmode) {
  const off_type offset = at;
  if (offset < 0 || offset > static_cast<off_type>(spool_.size())) return off_type{-1};
  next_ = static_cast<std::uint64_t>(offset);
  setg(nullptr, nullptr, nullptr);
  return at;
}

}  // namespace offload
