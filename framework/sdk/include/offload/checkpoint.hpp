// The stream that `save` writes and `load` reads: raw values in the order of writing. The SDK puts a header
// before it (plugin, version, shape of the environment) and refuses bytes with another one, so an agent only
// writes what it has learned, its optimiser's and random state included.
#pragma once

#include <offload/abi.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace offload {

template <typename T>
concept Plain = std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>;

class CheckpointWriter {
 public:
  using Write = offload_status (*)(void* context, const void* bytes, std::size_t count);
  CheckpointWriter(void* context, Write write) : context_(context), write_(write) {}

  void bytes(const void* data, std::size_t count) {
    if (write_(context_, data, count) != OFFLOAD_OK)
      throw std::runtime_error("the checkpoint was not written");
  }
  template <Plain T>
  void value(const T& value) {
    bytes(&value, sizeof value);
  }
  // The number of elements goes first.
  template <Plain T>
  void values(const std::vector<T>& values) {
    value(static_cast<std::uint64_t>(values.size()));
    bytes(values.data(), values.size() * sizeof(T));
  }
  void text(std::string_view text) {
    value(static_cast<std::uint64_t>(text.size()));
    bytes(text.data(), text.size());
  }

 private:
  void* context_;
  Write write_;
};

// Every read throws when the bytes end early or hold another count than expected.
class CheckpointReader {
 public:
  CheckpointReader(const void* bytes, std::size_t count)
      : next_(static_cast<const unsigned char*>(bytes)), remaining_(count) {}

  std::size_t remaining() const { return remaining_; }
  void bytes(void* data, std::size_t count) {
    if (count > remaining_) throw std::runtime_error("the checkpoint ends too early");
    if (count > 0) std::memcpy(data, next_, count);
    next_ += count;
    remaining_ -= count;
  }
  template <Plain T>
  T value() {
    T value;
    bytes(&value, sizeof value);
    return value;
  }
  // As many elements as `values` holds, in place.
  template <Plain T>
  void values(std::vector<T>& values) {
    if (value<std::uint64_t>() != values.size()) {
      throw std::runtime_error("the checkpoint has another layout: expected an array of " +
                               std::to_string(values.size()));
    }
    bytes(values.data(), values.size() * sizeof(T));
  }
  // An array of any length.
  template <Plain T>
  std::vector<T> values() {
    std::vector<T> values(count(sizeof(T)));
    bytes(values.data(), values.size() * sizeof(T));
    return values;
  }
  std::string text() {
    std::string text(count(1), '\0');
    bytes(text.data(), text.size());
    return text;
  }

 private:
  std::size_t count(std::size_t element_size) {
    const auto count = value<std::uint64_t>();
    if (count > remaining_ / element_size) throw std::runtime_error("the checkpoint ends too early");
    return static_cast<std::size_t>(count);
  }

  const unsigned char* next_;
  std::size_t remaining_;
};

}  // namespace offload
