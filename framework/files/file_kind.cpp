#include "files/file_kind.hpp"

namespace offload {

bool looks_like_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

bool looks_like_csv(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  return !looks_like_json(text) && line.find_first_of(",;\t") != std::string_view::npos;
}

}  // namespace offload
