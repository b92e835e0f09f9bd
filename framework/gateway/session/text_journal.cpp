#include "gateway/session/text_journal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "files/plain_file.hpp"

namespace offload {

TextJournal::TextJournal(const std::filesystem::path& file) {
  descriptor_ = open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  struct stat status {};
  if (descriptor_ < 0 || fstat(descriptor_, &status) != 0) fail_io(file, "cannot be opened for writing");
  if ((status.st_mode & 077U) != 0) {
    close(descriptor_);
    fail(ErrorKind::config, "{}: others may read it, and it holds what is said; chmod 600 it",
         printable(file.native()));
  }
  char last = '\n';
  if (status.st_size > 0 && pread(descriptor_, &last, 1, status.st_size - 1) != 1) {
    close(descriptor_);
    fail_io(file, "cannot be read");
  }
  if (last != '\n') write_all("\n");  // a kill tore a line
}

TextJournal::~TextJournal() { close(descriptor_); }

void TextJournal::add(const SaidTurn& turn) {
  nlohmann::ordered_json line = {{"d", turn.decision},        {"s", turn.session},
                                 {"t", turn.time_ms},         {"said", turn.said},
                                 {"answered", turn.answered}, {"outcome", turn.outcome}};
  // What is no UTF-8 came from a client or a server.
  write_all(line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

void TextJournal::write_all(const std::string& text) {
  for (std::size_t done = 0; done < text.size() && !failed_;) {
    const ssize_t count = write(descriptor_, text.data() + done, text.size() - done);
    if (count > 0) done += static_cast<std::size_t>(count);
    failed_ = count == 0 || (count < 0 && errno != EINTR);
  }
}

}  // namespace offload
