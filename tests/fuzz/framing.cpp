// Bodies on the wire, cut where the input says: how they are cut changes neither the body nor where it ends,
// and what follows is left alone.
#include "gateway/http/framing.hpp"

#include "fuzz/input.hpp"

using namespace offload;
using http::BodyFraming;

namespace {

struct Body {
  std::string text;
  std::size_t used = 0;
  bool done = false, broken = false;
  bool operator==(const Body&) const = default;
};

Body read(BodyFraming framing, std::string_view wire, std::size_t piece) {
  Body body;
  for (std::size_t at = 0; at < wire.size() && !framing.done() && !framing.broken(); at += piece) {
    const std::string_view came = wire.substr(at, piece);
    const std::size_t used = framing.feed(came, [&](std::string_view text) { body.text += text; });
    fuzz::require(used == came.size() || framing.done() || framing.broken(), "all is taken until the end");
    body.used += used;
  }
  body.done = framing.done();
  body.broken = framing.broken();
  return body;
}

}  // namespace

void fuzz_one(std::string_view input) {
  if (input.size() < 2) return;
  const std::size_t piece = static_cast<unsigned char>(input[0]) % 61 + 1;
  const auto length = static_cast<unsigned char>(input[1]);
  const std::string_view wire = input.substr(2);
  for (const BodyFraming& kind :
       {BodyFraming::chunked(), BodyFraming::of_length(length), BodyFraming::until_close()}) {
    const Body whole = read(kind, wire, wire.size() + 1), cut = read(kind, wire, piece);
    fuzz::require(whole == cut, "a body is the same however it is cut");
    fuzz::require(whole.text.size() <= whole.used && whole.used <= wire.size(), "a body is of what came");
    if (!whole.done) continue;
    const Body more = read(kind, std::string(wire) + "POST / HTTP/1.1\r\n\r\n", piece);
    fuzz::require(more == whole, "what follows is another message's");
  }
}
