#include "gateway/openai/error_body.hpp"

#include <fmt/format.h>

namespace offload::openai {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string error_body(std::string_view message, std::string_view type, std::string_view code) {
  return fmt::format(R"({{"error":{{"message":{},"type":{},"param":null,"code":{}}}}})", quoted(message),
                     quoted(type), quoted(code));
}

std::string error_event(std::string_view message, std::string_view type, std::string_view code) {
  return "data: " + error_body(message, type, code) + "\n\n";
}

}  // namespace offload::openai
