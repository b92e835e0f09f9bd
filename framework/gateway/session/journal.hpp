// A journal as a chain: every line carries its number and a hash over itself and the line before, so that a
// change, a gap or, by the head that `serve` shows, a cut is found. Pure; the file is journal_file's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "gateway/session/journal_event.hpp"

namespace offload {

// Where a chain stands: how many lines it has, and the hash of the last.
struct ChainHead {
  std::uint64_t count = 0;
  std::string hash = std::string(64, '0');

  bool operator==(const ChainHead&) const = default;
};

class JournalChain {
 public:
  explicit JournalChain(ChainHead head = {}) : head_(std::move(head)) {}
  // The next line, line feed included.
  std::string seal(const JournalEvent& event) { return seal_object(to_json(event)); }
  // Of an event of another kind: a JSON object on one line.
  std::string seal_object(std::string json);
  const ChainHead& head() const { return head_; }

 private:
  ChainHead head_;
};

struct JournalEnd {
  ChainHead head = {};
  std::size_t bytes = 0;  // of whole lines; what follows was cut off in the middle of a line
  bool torn = false;      // something follows
  bool closed = false;    // the last event is ServeClosed
};

// Calls `each` with every line as its object was before it was sealed, and its place "FILE:LINE". Throws
// Error(data) for a line that the chain does not hold or that has more than `most` bytes. A last line without
// its end is left out, as a kill leaves it; `closed` is not looked at.
JournalEnd read_chain(std::string_view text, const std::string& name, std::size_t most,
                      const std::function<void(const std::string& json, const std::string& place)>& each);

// Calls `each` for every event in order. Throws Error(data): `FILE:LINE: fact` for a line that is not of the
// format or that the chain does not hold. A last line without its end is left out, as a kill leaves it.
JournalEnd read_journal(std::string_view text, const std::string& name,
                        const std::function<void(const JournalEvent&)>& each);

// Of a journal of at most 4 GiB. Throws Error(io) where it cannot be read.
JournalEnd read_journal_file(const std::filesystem::path& file,
                             const std::function<void(const JournalEvent&)>& each);

}  // namespace offload
