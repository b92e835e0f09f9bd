// Server-sent events as they come from a model's server, cut anywhere: whole events out of pieces, and the
// relay of an answer that watches them. It observes and does not gate: what it does not understand passes on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/openai/usage.hpp"

namespace offload::openai {

// Bytes of one event, above which it is handed on in pieces and not looked at.
inline constexpr std::size_t kEventMost = std::size_t{1} << 20;

// Cuts at empty lines; lines end with LF or CRLF. Concatenated, what comes out is what went in.
class SseSplitter {
 public:
  // Calls event(text, whole) for everything that `bytes` completes: an event with the empty line that ends
  // it, or, not whole, a piece of one that is too long. Texts live for the call.
  template <typename Event>
  void feed(std::string_view bytes, const Event& event) {
    if (!pending_.empty()) {
      pending_ += bytes;
      const std::size_t used = split(pending_, event);
      pending_.erase(0, used);
    } else {
      bytes.remove_prefix(split(bytes, event));
      pending_ = bytes;
    }
    if (pending_.size() > kEventMost) {
      too_long_ = true;
      event(std::string_view(pending_), false);
      pending_.clear();
      line_ = 0;
    }
  }
  // What is left of an event that never ended.
  std::string take_rest() { return std::move(pending_); }

 private:
  template <typename Event>
  std::size_t split(std::string_view text, const Event& event) {
    std::size_t begin = 0, at = line_;
    for (std::size_t end; (end = text.find('\n', at)) != std::string_view::npos; at = end + 1) {
      const std::size_t length = end - at;
      if (length > 1 || (length == 1 && text[at] != '\r')) continue;
      event(text.substr(begin, end + 1 - begin), !too_long_);
      too_long_ = false;
      begin = end + 1;
    }
    line_ = at - begin;
    return begin;
  }

  std::string pending_;
  std::size_t line_ = 0;  // where the unfinished line of pending_ begins
  bool too_long_ = false;
};

// What an event's "data" lines say, joined by line feeds.
std::string event_data(std::string_view event);

// One streamed answer. All but its end passes on as it comes: what says how much was used and nothing else is
// kept, and goes out once, just before [DONE], where the client has asked for it.
class StreamRelay {
 public:
  // `text_most`: bytes of what the first choice says that are kept for text().
  explicit StreamRelay(bool client_wants_usage, std::size_t text_most = 0)
      : wanted_(client_wants_usage), text_most_(text_most) {}

  // Appends to `out` what may go on now. From [DONE] on nothing does, see tail().
  void feed(std::string_view bytes, std::string& out);
  // Once nothing more comes. Appends what was held back as incomplete.
  void finish(std::string& out) { (done_ ? end_ : out) += splitter_.take_rest(); }
  // The last bytes: the kept usage if wanted, `more`, [DONE] and what came after.
  std::string tail(const std::string& more = {}) const {
    return (wanted_ ? usage_event_ : std::string()) + more + end_;
  }

  // An event of the gateway's own, named as the server's own events were: `members` are JSON, without braces.
  std::string own_event(std::string_view members) const;
  // The event that ends an answer for which no more time is left: every one of `choices` ends for its length.
  std::string length_event(std::int64_t choices) const;
  const std::string& text() const { return text_; }

  bool done() const { return done_; }  // [DONE] came
  // Whether each of so many choices that were asked for told a finish_reason.
  bool all_ended(std::int64_t choices) const;
  const Choices& ended() const { return ended_; }
  bool error() const { return error_; }            // the server reported an error in the stream
  std::int64_t chunks() const { return chunks_; }  // events with choices: a lower bound of tokens
  const std::optional<Usage>& usage() const { return usage_; }  // the last one seen

 private:
  void take(std::string_view event, std::string& out);

  SseSplitter splitter_;
  bool wanted_, done_ = false, error_ = false;
  std::size_t text_most_;
  std::int64_t chunks_ = 0;
  Choices ended_;
  std::optional<Usage> usage_;
  std::string usage_event_, end_;
  std::string first_;  // what the first event with choices said
  std::string text_;
};

}  // namespace offload::openai
