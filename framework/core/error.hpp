// The one exception type of the framework. Its kind decides the exit status of the command; its text is
// place, fact, fix: "quickstart.toml:7: unknown key 'epsiln'; known: epsilon".
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>

namespace offload {

enum class ErrorKind {
  run,     // a failed row, mismatch or regression; exit 1
  config,  // usage or configuration; exit 2
  data,    // data set or replay file; exit 3
  plugin,  // a plugin could not be used; exit 4
  io,      // input or output failed; exit 5
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }
  int exit_status() const;

 private:
  ErrorKind kind_;
};

template <typename... Args>
[[noreturn]] void fail(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(kind, fmt::format(format, std::forward<Args>(args)...));
}

// Text from outside made fit for a terminal and a one-line message: control characters and what is no UTF-8
// escaped, cut to `limit` bytes.
std::string printable(std::string_view text, std::size_t limit = 200);

}  // namespace offload
