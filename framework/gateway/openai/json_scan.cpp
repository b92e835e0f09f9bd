#include "gateway/openai/json_scan.hpp"

#include <charconv>
#include <cstring>

#include "core/error.hpp"

namespace offload::openai {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(std::string& out, std::uint32_t point) {
  const auto add = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) return add(point);
  if (point < 0x800) {
    add(0xC0 | point >> 6);
  } else if (point < 0x10000) {
    add(0xE0 | point >> 12);
    add(0x80 | (point >> 6 & 0x3F));
  } else {
    add(0xF0 | point >> 18);
    add(0x80 | (point >> 12 & 0x3F));
    add(0x80 | (point >> 6 & 0x3F));
  }
  add(0x80 | (point & 0x3F));
}

std::optional<std::uint32_t> hex4(std::string_view text) {
  std::uint32_t value = 0;
  if (text.size() < 4) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + 4, value, 16);
  if (error != std::errc() || end != text.data() + 4) return std::nullopt;
  return value;
}

// The escape behind a backslash; removes it from `rest`. Half a surrogate pair becomes the replacement
// character.
bool append_escape(std::string_view& rest, std::string& out) {
  constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
  if (rest.empty()) return false;
  const char letter = rest.front();
  rest.remove_prefix(1);
  if (const std::size_t at = letters.find(letter); at != std::string_view::npos) {
    out += meanings[at];
    return true;
  }
  const auto first = letter == 'u' ? hex4(rest) : std::nullopt;
  if (!first) return false;
  rest.remove_prefix(4);
  std::uint32_t point = *first;
  if (point >= 0xD800 && point < 0xE000) {
    const auto second = rest.starts_with("\\u") ? hex4(rest.substr(2)) : std::nullopt;
    const bool pair = point < 0xDC00 && second && *second >= 0xDC00 && *second < 0xE000;
    point = pair ? 0x10000 + ((point - 0xD800) << 10) + (*second - 0xDC00) : 0xFFFD;
    if (pair) rest.remove_prefix(6);
  }
  append_utf8(out, point);
  return true;
}

}  // namespace

void JsonScan::refuse(std::string_view expected) const {
  fail(ErrorKind::data, "byte {}: expected {}", at_, expected);
}

void JsonScan::blanks() {
  while (at_ < text_.size() &&
         (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r'))
    ++at_;
}

char JsonScan::peek() {
  blanks();
  return at_ < text_.size() ? text_[at_] : '\0';
}

std::size_t JsonScan::enter(char open, std::string_view what) {
  if (peek() != open) refuse(what);
  if (++depth_ > kDepthMax) refuse("nesting of at most 64 levels");
  return at_++;
}

bool JsonScan::leave(char close) {
  if (peek() != close) return false;
  ++at_;
  --depth_;
  return true;
}

bool JsonScan::more(char close) {
  if (leave(close)) return false;
  if (peek() != ',') refuse("a comma or the end of the list");
  ++at_;
  return true;
}

std::string_view JsonScan::member() {
  if (peek() != '"') refuse("a key");
  const std::size_t begin = at_;
  string();
  const std::string_view key = text_.substr(begin + 1, at_ - begin - 2);
  if (key.find('\\') != std::string_view::npos) refuse("keys without escapes here");
  if (peek() != ':') refuse("a colon");
  ++at_;
  return key;
}

// At the opening quote; ends behind the closing one.
void JsonScan::string() {
  const std::size_t begin = ++at_;
  for (;;) {
    const void* found =
        at_ < text_.size() ? std::memchr(text_.data() + at_, '"', text_.size() - at_) : nullptr;
    if (found == nullptr) refuse("the end of a string");
    at_ = static_cast<std::size_t>(static_cast<const char*>(found) - text_.data());
    std::size_t slash = at_;
    while (slash > begin && text_[slash - 1] == '\\') --slash;
    ++at_;
    if ((at_ - 1 - slash) % 2 == 0) return;
  }
}

void JsonScan::number() {
  const auto digits = [this] {
    if (at_ >= text_.size() || !is_digit(text_[at_])) refuse("a digit");
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
  };
  const auto at = [this](char c) { return at_ < text_.size() && text_[at_] == c; };
  if (at('-')) ++at_;
  if (at('0')) {
    ++at_;
  } else {
    digits();
  }
  if (at('.')) {
    ++at_;
    digits();
  }
  if (at('e') || at('E')) {
    ++at_;
    if (at('+') || at('-')) ++at_;
    digits();
  }
}

void JsonScan::word() {
  for (const std::string_view known : {"true", "false", "null"}) {
    if (text_.substr(at_).starts_with(known)) {
      at_ += known.size();
      return;
    }
  }
  refuse("a value");
}

void JsonScan::atom() {
  const char c = peek();
  if (c == '"') return string();
  if (c == '-' || is_digit(c)) return number();
  word();
}

// An object or array as a whole, without recursion: bit d says whether level d is an object.
void JsonScan::nested() {
  const int floor = depth_;
  std::uint64_t objects = 0;
  const auto key = [this] {
    if (peek() != '"') refuse("a key");
    string();
    if (peek() != ':') refuse("a colon");
    ++at_;
  };
  for (;;) {
    const char open = peek();
    if (open == '{' || open == '[') {
      const bool object = open == '{';
      enter(open, "a value");
      objects = objects << 1 | std::uint64_t{object};
      if (!leave(object ? '}' : ']')) {
        if (object) key();
        continue;
      }
      objects >>= 1;
    } else {
      atom();
    }
    while (depth_ > floor) {
      const bool object = (objects & 1) != 0;
      if (more(object ? '}' : ']')) {
        if (object) key();
        break;
      }
      objects >>= 1;
    }
    if (depth_ == floor) return;
  }
}

Span JsonScan::value() {
  const char c = peek();
  const std::size_t begin = at_;
  if (c == '{' || c == '[') {
    nested();
  } else {
    atom();
  }
  return {begin, at_};
}

void JsonScan::finish() {
  if (peek() != '\0' || at_ < text_.size()) refuse("the end of the text");
}

std::optional<std::string> unquoted(std::string_view string) {
  if (string.size() < 2 || string.front() != '"') return std::nullopt;
  std::string_view rest = string.substr(1, string.size() - 2);
  std::string out;
  while (!rest.empty()) {
    const std::size_t plain = std::min(rest.find('\\'), rest.size());
    out += rest.substr(0, plain);
    rest.remove_prefix(plain);
    if (rest.empty()) break;
    rest.remove_prefix(1);
    if (!append_escape(rest, out)) return std::nullopt;
  }
  return out;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || text.front() == '-')
    return std::nullopt;
  return value;
}

}  // namespace offload::openai
