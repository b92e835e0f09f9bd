#include "report/trials/spool.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "core/error.hpp"

namespace offload {
namespace {

std::filesystem::path temporary_folder() {
  const char* const named = std::getenv("TMPDIR");
  return named == nullptr || *named == '\0' ? "/tmp" : named;
}

[[noreturn]] void refuse_spooling(const char* what) {
  const std::string reason = std::system_category().message(errno);
  fail(ErrorKind::io,
       "{}: {} what a report keeps of its trials: {}; name a folder with room by the environment's TMPDIR",
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

Spool::Spool(std::size_t memory) : memory_(memory) {}

Spool::~Spool() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::uint64_t Spool::append(std::string_view bytes) {
  const std::uint64_t at = flushed_ + buffer_.size();
  buffer_ += bytes;
  if (buffer_.size() > memory_) flush();
  return at;
}

void Spool::flush() {
  if (descriptor_ < 0) descriptor_ = nameless_file();
  if (descriptor_ < 0) refuse_spooling("cannot hold");
  for (std::string_view left = buffer_; !left.empty();) {
    const ssize_t count = ::write(descriptor_, left.data(), left.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) refuse_spooling("cannot hold");
    left.remove_prefix(static_cast<std::size_t>(count));
  }
  flushed_ += buffer_.size();
  buffer_.clear();
}

void Spool::read(std::uint64_t at, std::size_t size, std::string& out) const {
  out.resize(size);
  if (at >= flushed_) {
    out.assign(buffer_, at - flushed_, size);
    return;
  }
  // An append never straddles a flush.
  for (std::size_t done = 0; done < size;) {
    const ssize_t count = pread(descriptor_, out.data() + done, size - done, static_cast<off_t>(at + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) refuse_spooling("cannot give back");
    done += static_cast<std::size_t>(count);
  }
}

}  // namespace offload
