#include "files/json_tokens.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <system_error>

#include "files/whole_number.hpp"

namespace offload {
namespace {

// A NUL, then a character for what follows.
constexpr std::string_view kLargeMark{"\0#", 2};
constexpr std::string_view kHalfMark{"\0\xEF\xBF\xBD", 4};
constexpr std::string_view kLargeJson = "\"\\u0000#", kHalfJson = "\\u0000\\uFFFD";
constexpr std::size_t kUnitSize = 6;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_of_number(char c) { return is_digit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'; }

// Of what from_chars takes: JSON wants a digit first and behind the point, and no 0 before another.
bool is_json(const std::string& number) {
  const std::size_t first = number[0] == '-' ? 1 : 0, point = number.find('.');
  const auto digit = [&](std::size_t at) { return at < number.size() && is_digit(number[at]); };
  return digit(first) && !(number[first] == '0' && digit(first + 1)) &&
         (point == std::string::npos || digit(point + 1));
}

// What is no number stays as it is, for the parser to refuse.
bool is_too_large(const std::string& number) {
  double value = 0;
  const char* end = number.data() + number.size();
  const auto result = std::from_chars(number.data(), end, value);
  if (result.ec != std::errc::result_out_of_range || result.ptr != end || !is_json(number)) return false;
  const std::size_t exponent = number.find_first_of("eE");
  if (exponent == std::string::npos) return number.size() > 300 && number[number[0] == '-'] != '0';
  return number[exponent + 1] != '-' && is_nonzero_text(number.data(), end);
}

int surrogate_of(const std::string& unit) {
  std::uint32_t value = 0;
  const auto result = std::from_chars(unit.data() + 2, unit.data() + unit.size(), value, 16);
  if (result.ptr != unit.data() + unit.size()) return 0;
  return value >= 0xD800 && value <= 0xDBFF ? 1 : value >= 0xDC00 && value <= 0xDFFF ? 2 : 0;
}

}  // namespace

std::string_view too_large_number(std::string_view text) {
  return text.starts_with(kLargeMark) ? text.substr(kLargeMark.size()) : std::string_view{};
}

bool has_half_character(std::string_view text) { return text.find(kHalfMark) != std::string_view::npos; }

std::string without_half_mark(std::string_view text) {
  std::string out(text);
  for (std::size_t at = out.find(kHalfMark); at != std::string::npos; at = out.find(kHalfMark, at))
    out.erase(at, 1);
  return out;
}

void JsonTokens::filter(std::string_view bytes, std::string& out) {
  for (const char c : bytes) {
    if (state_ == State::number) {
      if (is_of_number(c)) {
        number_ += c;
        continue;
      }
      end_number(out);
    }
    if (state_ == State::outside) {
      outside(c, out);
    } else {
      in_text(c, out);
    }
  }
}

void JsonTokens::finish(std::string& out) {
  if (state_ == State::number) end_number(out);
  out += high_ + unit_;
  high_.clear();
  unit_.clear();
}

void JsonTokens::outside(char c, std::string& out) {
  if (is_digit(c) || c == '-') {
    state_ = State::number;
    number_ = c;
    return;
  }
  if (c == '"') state_ = State::text;
  out += c;
}

void JsonTokens::end_number(std::string& out) {
  state_ = State::outside;
  if (is_too_large(number_)) {
    out.append(kLargeJson).append(number_).append("\"");
  } else {
    out += number_;
  }
}

void JsonTokens::in_text(char c, std::string& out) {
  switch (state_) {
    case State::hex:
      unit_ += c;
      if (unit_.size() == kUnitSize) end_unit(out);
      return;
    case State::escape:
      if (c == 'u') {
        unit_ = "\\u";
        state_ = State::hex;
        return;
      }
      drop_high(out);
      out.append("\\").append(1, c);
      state_ = State::text;
      return;
    default:
      if (c == '\\') {
        state_ = State::escape;
        return;
      }
      drop_high(out);
      if (c == '"') state_ = State::outside;
      out += c;
  }
}

void JsonTokens::end_unit(std::string& out) {
  state_ = State::text;
  const int half = surrogate_of(unit_);
  if (half == 2 && !high_.empty()) {
    out.append(high_).append(unit_);
    high_.clear();
  } else {
    drop_high(out);
    if (half == 1) {
      high_ = unit_;
    } else if (half == 2) {
      out += kHalfJson;
    } else {
      out += unit_;
    }
  }
  unit_.clear();
}

void JsonTokens::drop_high(std::string& out) {
  if (!high_.empty()) out += kHalfJson;
  high_.clear();
}

}  // namespace offload
