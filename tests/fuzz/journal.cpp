// Journals, as they come and with the chain that their lines ask for.
#include "gateway/session/journal.hpp"

#include "fuzz/input.hpp"
#include "gateway/session/session.hpp"

using namespace offload;

namespace {

void check(std::string_view text) {
  SessionTable sessions(100, 1'000'000);
  JournalChain again;
  std::string written;
  fuzz::accepts([&] {
    const JournalEnd end = read_journal(text, "journal", [&](const JournalEvent& event) {
      written += again.seal(event);
      sessions.restore(event, {kUnlimited, kUnlimited});
    });
    fuzz::require(end.bytes <= text.size() && end.torn == (end.bytes < text.size()),
                  "whole lines are counted");
    fuzz::require(read_journal(written, "again", [](const JournalEvent&) {}).head.count == end.head.count,
                  "what was read can be written");
    for (const TurnSettled& settled : sessions.unsettled()) sessions.restore(settled, {});
    fuzz::require(sessions.unsettled().empty(), "all is settled");
  });
}

}  // namespace

void fuzz_one(std::string_view input) {
  check(input);
  // Each line as the body of an event; those that are none are left out.
  JournalChain chain;
  std::string text;
  for (std::size_t at = 0; at < input.size();) {
    const std::size_t end = std::min(input.find('\n', at), input.size());
    fuzz::accepts([&] {
      const std::string line(input.substr(at, end - at));
      text += chain.seal(journal_event_from_json(line, "line"));
    });
    at = end + 1;
  }
  check(text);
}
