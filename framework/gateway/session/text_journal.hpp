// What was said and answered, for who asks for it: a file of its own beside the journal, which holds none of
// it. It proves nothing: it has no chain, and a kill may take its last line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace offload {

inline constexpr std::size_t kSaidMost = std::size_t{1} << 16, kAnsweredMost = std::size_t{1} << 20;

// A turn as it is settled; `decision` and `session` as in the journal.
struct SaidTurn {
  std::uint64_t decision = 0, session = 0;
  std::int64_t time_ms = 0;  // of the wall clock
  std::string said,
      answered;  // the user's last text, at most kSaidMost bytes; the first choice's, kAnsweredMost
  std::string outcome;
};

class TextJournal {
 public:
  // Appends; makes a file that its owner alone may read. Throws Error(io) where it cannot be written, and
  // Error(config) for one that others may read.
  explicit TextJournal(const std::filesystem::path& file);
  ~TextJournal();
  TextJournal(const TextJournal&) = delete;
  TextJournal& operator=(const TextJournal&) = delete;

  // A line of JSON, handed to the system before it returns and never synced.
  void add(const SaidTurn& turn);
  // Whether writing failed: nothing is written from then on.
  bool failed() const { return failed_; }

 private:
  void write_all(const std::string& text);

  int descriptor_ = -1;
  bool failed_ = false;
};

}  // namespace offload
