// Where the body of an HTTP/1.1 message ends, and what of the bytes on the wire is body. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace offload::http {

class BodyFraming {
 public:
  static BodyFraming none() { return of_length(0); }
  static BodyFraming of_length(std::uint64_t bytes);
  static BodyFraming chunked();
  static BodyFraming until_close();

  // Consumes bytes from the front of `wire` and calls payload(text) for what of them is body, in order; stops
  // at the end of the message. Returns how many bytes it consumed.
  template <typename Payload>
  std::size_t feed(std::string_view wire, const Payload& payload) {
    const std::size_t all = wire.size();
    while (!wire.empty() && !done() && !broken()) {
      if (state_ == State::data) {
        const auto count = static_cast<std::size_t>(wire.size() < left_ ? wire.size() : left_);
        payload(wire.substr(0, count));
        wire.remove_prefix(count);
        left_ -= count;
        if (left_ == 0) state_ = kind_ == Kind::chunked ? State::data_end : State::done;
      } else {
        wire.remove_prefix(control(wire));
      }
    }
    return all - wire.size();
  }

  // Bytes that are still to come where the length was told; 0 of other bodies.
  std::uint64_t left_of_length() const { return kind_ == Kind::length ? left_ : 0; }
  bool done() const { return state_ == State::done; }
  bool broken() const { return state_ == State::broken; }
  // Whether a connection that ends now has told the whole message.
  bool complete_at_close() const { return done() || (kind_ == Kind::close && !broken()); }

 private:
  enum class Kind : std::uint8_t { length, chunked, close };
  enum class State : std::uint8_t {
    size,
    extension,
    size_end,
    data,
    data_end,
    data_line_end,
    trailer,
    trailer_line,
    trailer_end,
    done,
    broken
  };

  std::size_t control(std::string_view wire);
  void control(char c);
  void size_digit(char c);

  Kind kind_ = Kind::length;
  State state_ = State::done;
  std::uint64_t left_ = 0;
  int count_ = 0;  // digits of a size, bytes of an extension or trailer
};

}  // namespace offload::http
