// A streaming reader for JSON files from outside: the document is never held, only the place in it. It
// refuses what is not strict JSON in UTF-8 (but see json_tokens.hpp), nesting deeper than kJsonDepthMax, a
// token longer than kJsonTokenMax, or an ignored value larger than that, and leaves the meaning to a
// JsonHandler.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace offload {

inline constexpr int kJsonDepthMax = 32;
inline constexpr std::size_t kJsonTokenMax = std::size_t{16} << 20;

// A null, truth value, number or text. `text` lives for the call.
struct JsonScalar {
  enum class Type { null, boolean, integer, number, text };
  Type type = Type::null;
  double number = 0;           // of integers, too
  std::int64_t integer = 0;    // of integers
  std::string_view text = {};  // of a number as it stands in the file, where that is known

  bool is_number() const { return type == Type::integer || type == Type::number; }
  // A whole number, however it is written (whole_number.hpp).
  std::optional<std::int64_t> whole() const;
  // What a value's text is that cannot be used, as the rest of a sentence: too large or too small for a
  // number, or with half of a character; empty: it can.
  std::string unusable() const;
  // For messages: `"high"`, `-3`, `null`, as it stands in the file.
  std::string shown() const;
};

// What a document means. Functions throw by refuse(); depth() is the number of open arrays and objects,
// the one that is beginning or ending not counted.
class JsonHandler {
 public:
  explicit JsonHandler(const std::filesystem::path& file) : file_(printable(file.native())) {}
  virtual ~JsonHandler() = default;

  // An object (or else an array) begins. false: it does not matter, and is passed over.
  virtual bool begin(bool object) = 0;
  virtual void key(std::string_view name) = 0;
  virtual void scalar(const JsonScalar& value) = 0;
  virtual void end(bool object) = 0;

 protected:
  int depth() const { return static_cast<int>(path_.size()); }
  // The position of the value at hand in the array at `level` (0: the root's elements).
  std::int64_t index(int level) const { return path_[static_cast<std::size_t>(level)].index; }
  // Throws Error(data): `FILE: /12/interactions/3/score: ` and the fact.
  template <typename... Args>
  [[noreturn]] void refuse(fmt::format_string<Args...> format, Args&&... args) const {
    refuse_at(pointer(), fmt::format(format, std::forward<Args>(args)...));
  }
  [[noreturn]] void refuse_at(std::string_view pointer, std::string_view fact) const;
  // The JSON pointer of the value at hand; the root is shown as "/".
  std::string pointer() const;

 private:
  friend class JsonEvents;
  struct Level {
    bool object;
    std::int64_t index;
    std::string key;
  };
  std::string file_;
  std::vector<Level> path_;
};

// Reads the whole file and returns the SHA-256 of the bytes it read. Throws Error(io) for a file that cannot
// be read, Error(data) for one that is not a regular file or not JSON (with line or byte), and what the
// handler throws. Memory: a buffer and the longest token.
std::string read_json(const std::filesystem::path& file, JsonHandler& handler);

// A text as JSON, quotes included.
std::string json_text(std::string_view text);

}  // namespace offload
