#include "files/atomic_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/error.hpp"
#include "files/plain_file.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBuffer = std::size_t{1} << 20;
constexpr std::string_view kTemporary = ".tmp";

// Makes the renaming itself survive a crash; file systems that cannot do it are left to themselves.
void sync_folder(const fs::path& folder) {
  const int descriptor = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  fsync(descriptor);
  close(descriptor);
}

// Locked, and still there: it may have been taken for a leftover before it was locked.
bool owned(int descriptor) {
  struct stat status {};
  return flock(descriptor, LOCK_EX) == 0 && fstat(descriptor, &status) == 0 && status.st_nlink > 0;
}

}  // namespace

AtomicFile::AtomicFile(const fs::path& file) : file_(file) {
  // Exclusive creation settles who owns a name; the lock says for how long. A process number would not do:
  // in another process namespace, or on another machine, it means another process or none.
  for (unsigned number = 0; descriptor_ < 0; ++number) {
    temporary_ = file.native() + "." + std::to_string(number) + std::string(kTemporary);
    descriptor_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0 && (errno != EEXIST || number == 100'000)) fail_io(file_, "cannot be created");
    if (descriptor_ < 0 || owned(descriptor_)) continue;
    close(descriptor_);
    descriptor_ = -1;
  }
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  unlink(temporary_.c_str());
  close(descriptor_);
}

void AtomicFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), kBuffer - buffer_.size());
    buffer_.append(bytes.substr(0, count));
    bytes.remove_prefix(count);
    if (buffer_.size() == kBuffer) flush();
  }
}

void AtomicFile::flush() {
  std::string_view bytes = buffer_;
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_io(file_, "cannot be written");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  buffer_.clear();
}

void AtomicFile::commit() {
  flush();
  if (fsync(descriptor_) != 0) fail_io(file_, "cannot be written");
  if (rename(temporary_.c_str(), file_.c_str()) != 0) fail_io(file_, "cannot be replaced");
  close(descriptor_);
  descriptor_ = -1;
  sync_folder(file_.parent_path());
}

void write_atomically(const fs::path& file, std::string_view text) {
  AtomicFile out(file);
  out.write(text);
  out.commit();
}

// NAME.EXTENSION.NUMBER.tmp
bool is_temporary(std::string_view name) {
  if (!name.ends_with(kTemporary)) return false;
  name.remove_suffix(kTemporary.size());
  const std::string_view digits = name.substr(name.find_last_of('.') + 1);
  if (digits.empty() || digits.size() == name.size()) return false;
  name.remove_suffix(digits.size() + 1);
  return name.find('.') != std::string_view::npos &&
         std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
}

void remove_temporary_files(const fs::path& folder, bool below) {
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator it(folder, options, error), end; !error && it != end;
       it.increment(error)) {
    if (!below) it.disable_recursion_pending();
    if (!is_temporary(it->path().filename().native())) continue;
    const int descriptor = open(it->path().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) continue;
    if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) unlink(it->path().c_str());
    close(descriptor);
  }
}

}  // namespace offload
