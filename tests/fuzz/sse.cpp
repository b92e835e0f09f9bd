// Streams of servers, cut where the input says: how they are cut changes nothing, and nothing is lost but
// usage that nobody asked for, and nothing is added but what makes an error OpenAI's.
#include "gateway/openai/sse.hpp"

#include "fuzz/input.hpp"

using namespace offload;
using namespace offload::openai;

namespace {

constexpr std::size_t kErrorForm = 11;  // "data:X" becomes "data: {"error":X}"

struct Relayed {
  std::string out, tail;
  std::optional<Usage> usage;
  std::int64_t chunks = 0;
  Choices ended;
  bool done = false, error = false;
  bool operator==(const Relayed&) const = default;
};

Relayed relay(std::string_view text, std::size_t piece, bool wanted) {
  StreamRelay relay(wanted);
  Relayed result;
  for (std::size_t at = 0; at < text.size(); at += piece) relay.feed(text.substr(at, piece), result.out);
  relay.finish(result.out);
  result.tail = relay.tail();
  result.usage = relay.usage();
  result.chunks = relay.chunks();
  result.done = relay.done();
  result.ended = relay.ended();
  result.error = relay.error();
  return result;
}

}  // namespace

void fuzz_one(std::string_view input) {
  if (input.empty()) return;
  const std::size_t piece = static_cast<unsigned char>(input[0]) % 61 + 1;
  const std::string_view text = input.substr(1);
  std::string joined;
  std::size_t errors = 0;
  SseSplitter splitter;
  for (std::size_t at = 0; at < text.size(); at += piece)
    splitter.feed(text.substr(at, piece), [&](std::string_view event, bool whole) {
      joined += event;
      errors += whole && facts_of(event_data(event)).error;
    });
  fuzz::require(joined + splitter.take_rest() == text, "events joined are what came");
  const Relayed whole = relay(text, text.size() + 1, true), cut = relay(text, piece, true);
  fuzz::require(whole == cut, "a stream is the same however it is cut");
  const Relayed unwanted = relay(text, piece, false);
  fuzz::require(unwanted.out == cut.out && cut.tail.ends_with(unwanted.tail), "only the usage is left out");
  fuzz::require(cut.out.size() + cut.tail.size() <= text.size() + errors * kErrorForm,
                "nothing else is added");
}
