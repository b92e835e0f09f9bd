// One forward scan over a JSON text, which finds where values stand and builds nothing: megabytes of image
// data are passed over at the speed of memchr. Structure, numbers and nesting are checked; the inside of
// strings is not, since it is handed on byte for byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace offload::openai {

inline constexpr int kDepthMax = 64;

// Bytes [begin, end) of a text.
struct Span {
  std::size_t begin = 0, end = 0;

  std::size_t size() const { return end - begin; }
  std::string_view in(std::string_view text) const { return text.substr(begin, end - begin); }
};

// Functions consume the value at hand and throw Error(data) "byte N: expected ..." for what is not JSON.
class JsonScan {
 public:
  // `text` outlives the object.
  explicit JsonScan(std::string_view text) : text_(text) {}

  // What the next value begins with: one of {["-0..9tfn, or 0 where nothing follows.
  char peek();
  // The next value of whatever type; of a string the quotes belong to it.
  Span value();

  // The members of an object: `visit(key)` consumes each value. Keys come as written, without quotes; one
  // with an escape in it is refused, since what it means could be read in two ways.
  template <typename Visit>
  Span object(const Visit& visit) {
    const std::size_t begin = enter('{', "an object");
    if (!leave('}')) {
      do {
        const std::string_view key = member();
        visit(key);
      } while (more('}'));
    }
    return {begin, at_};
  }

  // The elements of an array: `visit()` consumes each.
  template <typename Visit>
  Span array(const Visit& visit) {
    const std::size_t begin = enter('[', "an array");
    if (!leave(']')) {
      do visit();
      while (more(']'));
    }
    return {begin, at_};
  }

  // Throws unless nothing but blanks follows.
  void finish();
  [[noreturn]] void refuse(std::string_view expected) const;

 private:
  void blanks();
  std::size_t enter(char open, std::string_view what);
  bool leave(char close);
  bool more(char close);
  std::string_view member();
  void string();
  void number();
  void word();
  void nested();
  void atom();

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

// The value of a string with its quotes; nullopt for an escape that is none. Throws nothing.
std::optional<std::string> unquoted(std::string_view string);
// A whole number >= 0 as written; nullopt for anything else, fractions and exponents included.
std::optional<std::int64_t> whole_number(std::string_view text);

}  // namespace offload::openai
