#include "core/error.hpp"

#include "core/utf8.hpp"

namespace offload {

int Error::exit_status() const {
  switch (kind_) {
    case ErrorKind::run:
      return 1;
    case ErrorKind::config:
      return 2;
    case ErrorKind::data:
      return 3;
    case ErrorKind::plugin:
      return 4;
    case ErrorKind::io:
      return 5;
  }
  return 1;
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  std::size_t done = 0;
  while (done < text.size()) {
    std::size_t next = done;
    const char32_t point = decode_utf8(text, next);
    if (next > limit) break;
    const bool broken = point == kReplacementCharacter && next == done + 1;
    for (; done < next; ++done) {
      const char c = text[done];
      broken || acts(point) ? out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c)) : out += c;
    }
  }
  return done < text.size() ? out + "..." : out;
}

}  // namespace offload
