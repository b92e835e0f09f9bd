#include "gateway/session/journal_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.hpp"
#include "files/plain_file.hpp"

namespace offload {

JournalFile::JournalFile(const std::filesystem::path& file, const JournalEnd& end, bool sync,
                         std::function<void(Posted)> post)
    : file_(file), sync_(sync), post_(std::move(post)), chain_(end.head) {
  descriptor_ = open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor_ < 0) fail_io(file, "cannot be opened for writing");
  if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    close(descriptor_);
    fail(ErrorKind::io, "{}: another gateway writes this journal; give this one a journal of its own",
         printable(file.native()));
  }
  const auto bytes = static_cast<off_t>(end.bytes);
  if (ftruncate(descriptor_, bytes) != 0 || lseek(descriptor_, bytes, SEEK_SET) < 0) {
    close(descriptor_);
    fail_io(file, "cannot be written");
  }
  thread_ = std::thread([this] { write_all(); });
}

JournalFile::~JournalFile() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
  close(descriptor_);
}

void JournalFile::add_object(std::string json, Posted durable) {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_.empty()) return;
    waiting_ += chain_.seal_object(std::move(json));
    if (durable) told_.push_back(std::move(durable));
  }
  wake_.notify_one();
}

std::string JournalFile::failure() {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void JournalFile::write_all() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    std::string text;
    std::vector<Posted> told;
    text.swap(waiting_);
    told.swap(told_);
    lock.unlock();
    try {
      write_some(text);
      if (!told.empty()) {
        post_([told = std::move(told)] {
          for (const Posted& one : told) one();
        });
      }
      lock.lock();
    } catch (const Error& error) {
      lock.lock();
      failure_ = error.what();
      waiting_.clear();
    }
  }
}

void JournalFile::write_some(const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = write(descriptor_, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail_io(file_, "cannot be written");
    done += static_cast<std::size_t>(count);
  }
  if (sync_ && fdatasync(descriptor_) != 0) fail_io(file_, "cannot be written");
}

}  // namespace offload
