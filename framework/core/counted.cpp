#include "core/counted.hpp"

namespace offload {

std::string plural_of(std::string_view noun) {
  const auto ends = [noun](std::string_view with) { return noun.ends_with(with); };
  const bool vowel =
      noun.size() > 1 && std::string_view("aeiou").find(noun[noun.size() - 2]) != std::string_view::npos;
  if (ends("y") && !vowel) return std::string(noun.substr(0, noun.size() - 1)) + "ies";
  if (ends("s") || ends("x") || ends("ch") || ends("sh")) return std::string(noun) + "es";
  return std::string(noun) + "s";
}

}  // namespace offload
