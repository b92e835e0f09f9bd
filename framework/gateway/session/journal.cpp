#include "gateway/session/journal.hpp"

#include <fmt/format.h>

#include <utility>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "files/plain_file.hpp"
#include "files/sha256.hpp"

namespace offload {
namespace {

constexpr std::size_t kJournalMost = std::size_t{4} << 30, kLineMost = 16384;

// The members that the chain adds stand at the end: ,"n":17,"chain":"<64 digits>"}
constexpr std::string_view kChainKey = R"(,"chain":")";
constexpr std::size_t kChainBytes = kChainKey.size() + 64 + 2;

std::string hash_of(std::string_view before, std::string_view line) {
  return sha256_of(std::string(before).append(line));
}

// The line up to where the chain begins; checks both.
std::string_view checked_line(std::string_view line, const ChainHead& head, const std::string& place) {
  const std::size_t body = line.size() < kChainBytes ? 0 : line.size() - kChainBytes;
  if (body == 0 || line.substr(body, kChainKey.size()) != kChainKey || !line.ends_with("\"}"))
    fail(ErrorKind::data, "{}: not a line of a journal ({})", place, kJournalFormat);
  const std::string_view text = line.substr(0, body);
  if (!text.ends_with(fmt::format(R"(,"n":{})", head.count + 1)))
    fail(ErrorKind::data, "{}: line {} is missing before it, or it was changed", place, head.count + 1);
  if (line.substr(body + kChainKey.size(), 64) != hash_of(head.hash, text))
    fail(ErrorKind::data, "{}: changed, or what stands before it was: the chain of hashes breaks here",
         place);
  return text;
}

}  // namespace

std::string JournalChain::seal_object(std::string line) {
  line.pop_back();
  line += fmt::format(R"(,"n":{})", ++head_.count);
  head_.hash = hash_of(head_.hash, line);
  return line.append(kChainKey).append(head_.hash).append("\"}\n");
}

JournalEnd read_chain(std::string_view text, const std::string& name, std::size_t most,
                      const std::function<void(const std::string&, const std::string&)>& each) {
  JournalEnd end;
  while (end.bytes < text.size()) {
    const std::size_t feed = text.find('\n', end.bytes);
    if (feed == std::string_view::npos) {
      end.torn = true;
      break;
    }
    const std::string place = fmt::format("{}:{}", name, end.head.count + 1);
    const std::string_view line = text.substr(end.bytes, feed - end.bytes);
    if (line.size() > most) fail(ErrorKind::data, "{}: longer than {}", place, counted(most, "byte"));
    const std::string_view body = checked_line(line, end.head, place);
    each(std::string(body) + "}", place);
    end.head = {end.head.count + 1, hash_of(end.head.hash, body)};
    end.bytes = feed + 1;
  }
  return end;
}

JournalEnd read_journal(std::string_view text, const std::string& name,
                        const std::function<void(const JournalEvent&)>& each) {
  bool first = true, closed = false;
  JournalEnd end = read_chain(text, name, kLineMost, [&](const std::string& json, const std::string& place) {
    const JournalEvent event = journal_event_from_json(json, place);
    if (std::exchange(first, false) && !std::holds_alternative<ServeOpened>(event))
      fail(ErrorKind::data, "{}: a journal begins with who serves", place);
    each(event);
    closed = std::holds_alternative<ServeClosed>(event);
  });
  end.closed = closed;
  return end;
}

JournalEnd read_journal_file(const std::filesystem::path& file,
                             const std::function<void(const JournalEvent&)>& each) {
  return read_journal(read_bounded(file, kJournalMost), printable(file.native()), each);
}

}  // namespace offload
