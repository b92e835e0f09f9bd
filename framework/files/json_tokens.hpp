// JSON that is strict but for two kinds of tokens, which matter only where they are used: a number too large
// for a double, and half of a surrogate pair in a text (programs that cut texts by UTF-16 units write it). A
// parser would refuse the whole file for either. The filter puts a text in their place that no writer of JSON
// would choose, and the reader knows it again.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace offload {

// Of what the parser gives as a text; the number as it stands in the file, or empty.
std::string_view too_large_number(std::string_view text);
bool has_half_character(std::string_view text);
// U+FFFD alone in place of halves.
std::string without_half_mark(std::string_view text);

class JsonTokens {
 public:
  // Appends the bytes that the parser is to see in their place. Tokens may be cut by the end of `bytes`; the
  // rest comes with the next call. Holds a number until its end: the caller bounds how long that may be.
  void filter(std::string_view bytes, std::string& out);
  // What is left at the end of the file.
  void finish(std::string& out);

 private:
  enum class State { outside, number, text, escape, hex };
  void outside(char c, std::string& out);
  void end_number(std::string& out);
  void in_text(char c, std::string& out);
  void end_unit(std::string& out);
  void drop_high(std::string& out);

  State state_ = State::outside;
  std::string number_;  // as far as it was read
  std::string unit_;    // "\uXXXX", as far as it was read
  std::string high_;    // a first half that waits for its second
};

}  // namespace offload
