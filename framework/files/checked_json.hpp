// Reading the project's own JSON files, which may still come from anywhere: a value that knows its place, and
// accessors that check type and range and throw Error(data) as `FILE: /cells/0/flag: expected ..., found
// ...`.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace offload {

// Bounds of what the project's own files may hold: bytes of a text, elements of a list, members of a map of
// names.
inline constexpr std::size_t kTextMax = 4096, kLongTextMax = 1 << 16, kListMax = 10'000'000,
                             kNamesMax = 10'000;
// Of anything counted: sums over thousands of files fit.
inline constexpr std::int64_t kCountMax = 1'000'000'000'000'000;

class CheckedJson {
 public:
  // `value` and `file` outlive the object.
  CheckedJson(const nlohmann::json& value, const std::string& file, std::string place = {});

  const nlohmann::json& value() const { return value_; }
  // A member that has to exist; of an object.
  CheckedJson at(const char* name) const;
  CheckedJson at(std::size_t index) const;
  bool has(const char* name) const;
  // The number of elements of an array of at most `most`.
  std::size_t array_size(std::size_t most) const;
  const nlohmann::json::object_t& object() const;

  bool boolean() const;
  std::string text(std::size_t most_bytes) const;
  std::int64_t integer(std::int64_t least = std::numeric_limits<std::int64_t>::min(),
                       std::int64_t most = std::numeric_limits<std::int64_t>::max()) const;
  // The same in a file that people write: 3.0 and 3e0 are whole (whole_number.hpp).
  std::int64_t whole(std::int64_t least = std::numeric_limits<std::int64_t>::min(),
                     std::int64_t most = std::numeric_limits<std::int64_t>::max()) const;
  // A finite number >= least; number_or_nan takes null for NaN.
  double number(double least) const;
  double number_or_nan() const;
  // An array of exactly `count` of them.
  std::vector<double> numbers(std::size_t count, double least) const;
  std::vector<double> numbers_or_nan(std::size_t count) const;
  std::vector<std::string> texts(std::size_t most, std::size_t most_bytes) const;

  [[noreturn]] void refuse(std::string_view expected) const;

 private:
  const nlohmann::json& value_;
  const std::string& file_;
  std::string place_;
};

// Levels of arrays and objects that a document may have.
inline constexpr int kCheckedDepthMax = 32;

// Parses a whole document; nesting is bounded before memory is spent on it.
nlohmann::json parse_checked(std::string_view text, const std::string& file);

// Throws what parse_checked does: for a document deeper than kCheckedDepthMax, and for what nlohmann's parser
// said of one, of which `head` are the first bytes of `size`.
[[noreturn]] void refuse_depth(const std::string& file);
[[noreturn]] void refuse_unparsable(const nlohmann::json::exception& error, std::string_view head,
                                    std::size_t size, const std::string& file);

// Compact text; NaN and infinities become null, bytes that are not UTF-8 the replacement character.
std::string dump_compact(const nlohmann::json& value);

}  // namespace offload
