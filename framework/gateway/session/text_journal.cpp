#include "gateway/session/text_journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "files/plain_file.hpp"

namespace offload {
namespace {

std::size_t write_all(int descriptor, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = write(descriptor, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

}  // namespace

TextJournal::TextJournal(std::filesystem::path file, std::int64_t most, Say say)
    : file_(std::move(file)), most_(most), say_(std::move(say)) {
  open_file();
}

TextJournal::~TextJournal() {
  if (descriptor_ >= 0) close(descriptor_);
}

void TextJournal::open_file() {
  const int opened = open(file_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  struct stat status {};
  if (opened < 0 || fstat(opened, &status) != 0) fail_io(file_, "cannot be opened for writing");
  if ((status.st_mode & 077U) != 0) {
    close(opened);
    fail(ErrorKind::config, "{}: others may read it, and it holds what is said; chmod 600 it",
         printable(file_.native()));
  }
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = opened;
  bytes_ = status.st_size;
  char last = '\n';
  if (bytes_ > 0 && pread(descriptor_, &last, 1, bytes_ - 1) != 1) fail_io(file_, "cannot be read");
  if (last != '\n') write_line("\n");  // a kill tore a line
}

// Whether what is written is what its name stands for.
bool TextJournal::in_place() const {
  struct stat here {
  }, open{};
  return lstat(file_.c_str(), &here) == 0 && fstat(descriptor_, &open) == 0 && here.st_dev == open.st_dev &&
         here.st_ino == open.st_ino;
}

// What is there stays there, under the other name.
void TextJournal::begin_anew() {
  const std::filesystem::path old = std::filesystem::path(file_) += ".old";
  if (std::rename(file_.c_str(), old.c_str()) == 0) {
    ++anew_;
    say_(fmt::format("journal_text: {} was full, begins anew and is {} now, in the place of what was there",
                     printable(file_.native()), printable(old.native())));
  } else if (errno != ENOENT) {  // else somebody moved it just now
    fail_io(old, "cannot be written");
  }
  open_file();
}

// The whole line, or nothing of it.
void TextJournal::write_line(const std::string& line) {
  const std::size_t done = write_all(descriptor_, line);
  if (done == line.size()) {
    bytes_ += static_cast<std::int64_t>(done);
    return;
  }
  const int reason = errno;
  if (done > 0 && ftruncate(descriptor_, bytes_) != 0) bytes_ += static_cast<std::int64_t>(done);
  errno = reason;
  fail_io(file_, "cannot be written");
}

void TextJournal::add(const SaidTurn& turn) {
  const nlohmann::ordered_json json = {{"d", turn.decision},        {"s", turn.session},
                                       {"t", turn.time_ms},         {"said", turn.said},
                                       {"answered", turn.answered}, {"outcome", turn.outcome}};
  // What is no UTF-8 came from a client or a server.
  const std::string line = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  std::string failure;
  try {
    if (!in_place()) open_file();  // somebody moved or removed it, or it could not be opened anew
    if (bytes_ > 0 && bytes_ + static_cast<std::int64_t>(line.size()) > most_) begin_anew();
    write_line(line);
  } catch (const Error& error) {
    failure = error.what();
    ++lost_;
  }
  if (!failure.empty() && failure != failure_)
    say_(fmt::format("journal_text: {}; what is said is not kept meanwhile", failure));
  failure_ = std::move(failure);
}

}  // namespace offload
