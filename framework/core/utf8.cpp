#include "core/utf8.hpp"

namespace offload {

char32_t decode_utf8(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at++);
  if (lead < 0x80) return lead;
  const int more = lead >= 0xf0 && lead < 0xf5 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc2 ? 1 : 0;
  if (more == 0 || lead >= 0xf5 || at + static_cast<std::size_t>(more) > text.size())
    return kReplacementCharacter;
  char32_t point = lead & (0x3fU >> more);
  for (int i = 0; i < more; ++i) {
    if ((byte(at + static_cast<std::size_t>(i)) & 0xc0) != 0x80) return kReplacementCharacter;
    point = point << 6 | (byte(at + static_cast<std::size_t>(i)) & 0x3fU);
  }
  constexpr char32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
  if (point < kLeast[more] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
    return kReplacementCharacter;
  at += static_cast<std::size_t>(more);
  return point;
}

bool acts(char32_t p) {
  const auto within = [](char32_t point, char32_t first, char32_t last) {
    return point >= first && point <= last;
  };
  return p < 0x20 || within(p, 0x7f, 0x9f) || p == 0xad || p == 0x61c || within(p, 0x200b, 0x200f) ||
         within(p, 0x2028, 0x202e) || within(p, 0x2060, 0x206f) || p == 0xfeff || within(p, 0xfff9, 0xfffb) ||
         within(p, 0xe0000, 0xe007f);
}

bool acts(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t point = decode_utf8(text, at);
    if (acts(point) || (point == kReplacementCharacter && at == begin + 1)) return true;
  }
  return false;
}

}  // namespace offload
