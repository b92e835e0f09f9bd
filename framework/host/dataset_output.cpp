#include "host/dataset_output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/error.hpp"

namespace offload {
namespace {

constexpr std::size_t kBuffer = std::size_t{1} << 20;

}  // namespace

DatasetOutput::DatasetOutput(const std::filesystem::path& file) : file_(file) {
  // Exclusive creation settles who owns a name, whatever other processes write beside.
  for (int attempt = 0; descriptor_ < 0; ++attempt) {
    const std::string name = fmt::format(".{}.{}.{}", file.filename().string(), ::getpid(), attempt);
    temporary_ = file.parent_path() / name;
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0 && (errno != EEXIST || attempt == 1000)) fail_io("cannot be created");
  }
  buffer_.reserve(kBuffer);
}

DatasetOutput::~DatasetOutput() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void DatasetOutput::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), kBuffer - buffer_.size());
    buffer_.append(bytes.substr(0, count));
    bytes.remove_prefix(count);
    if (buffer_.size() == kBuffer) flush();
  }
}

void DatasetOutput::flush() {
  std::string_view bytes = buffer_;
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_io("cannot be written");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  buffer_.clear();
}

void DatasetOutput::commit() {
  flush();
  if (::fsync(descriptor_) != 0) fail_io("cannot be written");
  if (::rename(temporary_.c_str(), file_.c_str()) != 0) fail_io("cannot be replaced");
  ::close(descriptor_);
  descriptor_ = -1;
  // The renaming itself lasts only once the folder is on the disk; a file system that cannot say is fine.
  const std::filesystem::path folder = file_.has_parent_path() ? file_.parent_path() : ".";
  const int entry = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (entry < 0) return;
  ::fsync(entry);
  ::close(entry);
}

void DatasetOutput::fail_io(const char* what) const {
  fail(ErrorKind::io, "{}: {}: {}", printable(file_.native()), what, std::strerror(errno));
}

}  // namespace offload
