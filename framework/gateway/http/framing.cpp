#include "gateway/http/framing.hpp"

#include <limits>

namespace offload::http {
namespace {

constexpr int kSizeDigits = 12, kControlMost = 16384;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

BodyFraming BodyFraming::of_length(std::uint64_t bytes) {
  BodyFraming framing;
  framing.left_ = bytes;
  framing.state_ = bytes == 0 ? State::done : State::data;
  return framing;
}

BodyFraming BodyFraming::chunked() {
  BodyFraming framing;
  framing.kind_ = Kind::chunked;
  framing.state_ = State::size;
  return framing;
}

BodyFraming BodyFraming::until_close() {
  BodyFraming framing = of_length(std::numeric_limits<std::uint64_t>::max());
  framing.kind_ = Kind::close;
  return framing;
}

std::size_t BodyFraming::control(std::string_view wire) {
  std::size_t used = 0;
  while (used < wire.size() && state_ != State::data && !done() && !broken()) control(wire[used++]);
  return used;
}

void BodyFraming::size_digit(char c) {
  const int value = hex_value(c);
  if (value >= 0 && count_ < kSizeDigits) {
    left_ = left_ << 4 | static_cast<std::uint64_t>(value);
    ++count_;
  } else if (count_ > 0 && (c == ';' || c == ' ' || c == '\t')) {
    state_ = State::extension;
    count_ = 0;
  } else {
    state_ = count_ > 0 && c == '\r' ? State::size_end : State::broken;
  }
}

void BodyFraming::control(char c) {
  switch (state_) {
    case State::size:
      return size_digit(c);
    case State::extension:
      if (c == '\n' || ++count_ > kControlMost) state_ = State::broken;
      if (c == '\r') state_ = State::size_end;
      return;
    case State::size_end:
      state_ = c != '\n' ? State::broken : left_ > 0 ? State::data : State::trailer;
      count_ = 0;
      return;
    case State::data_end:
      state_ = c == '\r' ? State::data_line_end : State::broken;
      return;
    case State::data_line_end:
      state_ = c == '\n' ? State::size : State::broken;
      left_ = 0;
      return;
    case State::trailer:  // at the beginning of a line
      state_ = c == '\r' ? State::trailer_end : c == '\n' ? State::broken : State::trailer_line;
      return;
    case State::trailer_end:
      state_ = c == '\n' ? State::done : State::broken;
      return;
    case State::trailer_line:
      if (c == '\n') state_ = State::trailer;
      if (++count_ > kControlMost) state_ = State::broken;
      return;
    case State::data:
    case State::done:
    case State::broken:
      return;
  }
}

}  // namespace offload::http
