// Reading UTF-8 that comes from outside.
#pragma once

#include <cstddef>
#include <string_view>

namespace offload {

inline constexpr char32_t kReplacementCharacter = 0xfffd;

// The code point at `at`, which moves behind it; U+FFFD for a byte that begins none.
char32_t decode_utf8(std::string_view text, std::size_t& at);

// Characters that act instead of showing: controls, and marks that reorder or hide text.
bool acts(char32_t point);

// Whether something of a text acts or is no UTF-8: no name may, since names stand in tables and terminals.
bool acts(std::string_view text);

}  // namespace offload
