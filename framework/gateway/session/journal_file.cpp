#include "gateway/session/journal_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <iterator>
#include <utility>

#include "core/error.hpp"
#include "files/plain_file.hpp"

namespace offload {
namespace {

constexpr std::chrono::milliseconds kSyncedWithin{100};

}  // namespace

JournalFile::JournalFile(const std::filesystem::path& file, const Read& read, bool sync,
                         std::function<void(Posted)> post)
    : file_(file), sync_(sync), post_(std::move(post)) {
  descriptor_ = open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor_ < 0) fail_io(file, "cannot be opened for writing");
  try {
    if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0)
      fail(ErrorKind::io, "{}: another gateway writes this journal; give this one a journal of its own",
           printable(file.native()));
    const JournalEnd end = read(file);
    chain_ = JournalChain(end.head);
    bytes_ = end.bytes;
    const auto bytes = static_cast<off_t>(end.bytes);
    if (ftruncate(descriptor_, bytes) != 0 || lseek(descriptor_, bytes, SEEK_SET) < 0)
      fail_io(file, "cannot be written");
    thread_ = std::thread([this] { sync_all(); });
  } catch (...) {
    close(descriptor_);
    throw;
  }
}

JournalFile::~JournalFile() {
  write_waiting();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
  close(descriptor_);
}

void JournalFile::append(std::string json, std::vector<Posted>& told, Posted call) {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_.empty()) return;
    const std::string line = chain_.seal_object(std::move(json));
    bytes_ += line.size();
    waiting_ += line;
    if (call) told.push_back(std::move(call));
    if (std::exchange(scheduled_, true)) return;
  }
  post_([this] { write_waiting(); });
}

void JournalFile::look() {
  struct stat here {
  }, open{};
  const bool same = stat(file_.c_str(), &here) == 0 && fstat(descriptor_, &open) == 0 &&
                    here.st_dev == open.st_dev && here.st_ino == open.st_ino;
  const std::lock_guard lock(mutex_);
  if (same || !failure_.empty()) return;
  failure_ = fmt::format(
      "{}: it was moved or removed while it was written; what was spent is known from it alone, so put it "
      "back "
      "where it was",
      printable(file_.native()));
}

std::string JournalFile::failure() {
  const std::lock_guard lock(mutex_);
  return failure_;
}

// The lock is held so that lines come in their order; the syncing thread never holds it for long.
void JournalFile::write_waiting() {
  std::vector<Posted> written;
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    scheduled_ = false;
    if (waiting_.empty()) return;
    try {
      write_some(waiting_);
    } catch (const Error& error) {
      failure_ = error.what();
      told_.clear();
      told_written_.clear();
    }
    waiting_.clear();
    written.swap(told_written_);
    auto& next = sync_ ? told_synced_ : written;
    next.insert(next.end(), std::make_move_iterator(told_.begin()), std::make_move_iterator(told_.end()));
    told_.clear();
    wake = sync_ && (!told_synced_.empty() || !dirty_);
    dirty_ = sync_;
  }
  if (wake) wake_.notify_one();
  for (const Posted& one : written) one();
}

// Until somebody waits for the disk, or what was written has been left alone for long enough.
bool JournalFile::wait_for_lines(std::unique_lock<std::mutex>& lock) {
  wake_.wait(lock, [this] { return ending_ || dirty_; });
  wake_.wait_for(lock, kSyncedWithin, [this] { return ending_ || !told_synced_.empty(); });
  return std::exchange(dirty_, false);
}

void JournalFile::sync_all() {
  std::unique_lock lock(mutex_);
  while (wait_for_lines(lock)) {
    std::vector<Posted> told;
    told.swap(told_synced_);
    lock.unlock();
    const bool synced = fdatasync(descriptor_) == 0;
    if (synced && !told.empty()) {
      post_([told = std::move(told)] {
        for (const Posted& one : told) one();
      });
    }
    lock.lock();
    if (!synced && failure_.empty())
      failure_ = fmt::format("{}: cannot be written: {}", printable(file_.native()), std::strerror(errno));
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
}

}  // namespace offload
