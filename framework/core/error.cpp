#include "core/error.hpp"

#include <algorithm>

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

namespace {

// Bytes of the UTF-8 character that `text` begins with; 0 where it begins with a control character or none.
std::size_t shown_character(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto within = [&byte](std::size_t i, unsigned low, unsigned high) {
    return byte(i) >= low && byte(i) <= high;
  };
  const auto follow = [&within](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i <= to; ++i) {
      if (!within(i, 0x80, 0xbf)) return false;
    }
    return true;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
  // 0xc2 0x80 to 0xc2 0x9f are control characters, too.
  if (lead >= 0xc2 && lead <= 0xdf) return within(1, lead == 0xc2 ? 0xa0 : 0x80, 0xbf) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const bool second = within(1, lead == 0xe0 ? 0xa0 : 0x80, lead == 0xed ? 0x9f : 0xbf);
    return second && follow(2, 2) ? 3 : 0;
  }
  if (lead < 0xf0 || lead > 0xf4) return 0;
  return within(1, lead == 0xf0 ? 0x90 : 0x80, lead == 0xf4 ? 0x8f : 0xbf) && follow(2, 3) ? 4 : 0;
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  std::size_t done = 0;
  while (done < text.size()) {
    const std::size_t bytes = shown_character(text.substr(done));
    if (done + std::max<std::size_t>(bytes, 1) > limit) break;
    if (bytes == 0) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[done++]));
    } else {
      out += text.substr(done, bytes);
      done += bytes;
    }
  }
  return done < text.size() ? out + "..." : out;
}

}  // namespace offload
