// How a plugin's constructor reads the TOML parameters of its row. Reading a key declares it: it appears in
// `offload-bench describe`, and keys that nobody read are refused. A value of the wrong type or out of range
// ends the constructor; the host then names the file, the line and the allowed values.
#pragma once

#include <offload/abi.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace offload {

// Thrown when the host refused a parameter and has already reported why.
class ParameterRefused : public std::exception {
 public:
  const char* what() const noexcept override { return "the host refused a parameter"; }
};

class ParameterReader {
 public:
  explicit ParameterReader(const offload_host& host) : host_(host) {}

  struct Range {
    double minimum = -std::numeric_limits<double>::max();
    double maximum = std::numeric_limits<double>::max();
  };
  struct IntegerRange {
    std::int64_t minimum = std::numeric_limits<std::int64_t>::min();
    std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
  };

  // Each takes the key, the value when the suite gives none, what is allowed (bounds included), and one line
  // of help that says what the parameter means, with its unit. Values are finite and texts have at most 4096
  // bytes, defaults included: they go into the results.
  double number(const char* key, double fallback, Range range, const char* help) {
    double value = fallback;
    check(host_.number(host_.context, key, fallback, range.minimum, range.maximum, help, &value));
    return value;
  }
  std::int64_t integer(const char* key, std::int64_t fallback, IntegerRange range, const char* help) {
    std::int64_t value = fallback;
    check(host_.integer(host_.context, key, fallback, range.minimum, range.maximum, help, &value));
    return value;
  }
  bool boolean(const char* key, bool fallback, const char* help) {
    std::int32_t value = fallback ? 1 : 0;
    check(host_.boolean(host_.context, key, value, help, &value));
    return value != 0;
  }
  // `choices` is nullptr or the allowed texts joined by '|'.
  std::string text(const char* key, const char* fallback, const char* choices, const char* help) {
    const char* value = fallback;
    check(host_.text(host_.context, key, fallback, choices, help, &value));
    return value;
  }
  std::vector<double> numbers(const char* key, std::initializer_list<double> fallback, const char* help) {
    const double* values = nullptr;
    std::size_t count = 0;
    check(host_.numbers(host_.context, key, fallback.begin(), fallback.size(), help, &values, &count));
    return {values, values + count};
  }

  // A host extension by name, nullptr where the host does not know it; see abi.h.
  const void* extension(const char* name) const { return host_.extension(host_.context, name); }

 private:
  static void check(offload_status status) {
    if (status != OFFLOAD_OK) throw ParameterRefused();
  }

  const offload_host& host_;
};

}  // namespace offload
