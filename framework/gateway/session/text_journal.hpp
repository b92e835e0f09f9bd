// What was said and answered, for who asks for it: a file of its own beside the journal, which holds none of
// it. It proves nothing: it has no chain, and a kill may take its last line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
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
  using Say = std::function<void(const std::string&)>;

  // Appends; makes a file that its owner alone may read. A line that would make it longer than `most` bytes
  // begins it anew, and FILE.old is what it held, in the place of what that held; `say` is told of it, and of
  // what cannot be written. Throws Error(io) where it cannot be written, and Error(config) for one that
  // others may read.
  TextJournal(std::filesystem::path file, std::int64_t most, Say say);
  ~TextJournal();
  TextJournal(const TextJournal&) = delete;
  TextJournal& operator=(const TextJournal&) = delete;

  // A line of JSON, handed to the system before it returns and never synced; or none of it, and then the next
  // turn is tried again. Where somebody moved or removed the file it is made again.
  void add(const SaidTurn& turn);
  // Whether the latest turn could not be written.
  bool failed() const { return !failure_.empty(); }
  std::uint64_t lost() const { return lost_; }        // turns that could not be written
  std::uint64_t begun_anew() const { return anew_; }  // times

 private:
  void open_file();
  bool in_place() const;
  void begin_anew();
  void write_line(const std::string& line);

  std::filesystem::path file_;
  std::int64_t most_;
  Say say_;
  int descriptor_ = -1;
  std::int64_t bytes_ = 0;  // of the file
  std::uint64_t lost_ = 0, anew_ = 0;
  std::string failure_;
};

}  // namespace offload
