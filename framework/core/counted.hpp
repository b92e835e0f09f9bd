// A count in a sentence: "1 trial", "2 trials".
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace offload {

// The plural of a noun in the singular, whose last word alone changes: "budget cell", "query", "process".
std::string plural_of(std::string_view noun);

// "1 trial", "0 trials", "2 more entries".
template <std::integral Count>
std::string counted(Count count, std::string_view noun) {
  return std::to_string(count) + ' ' + (count == 1 ? std::string(noun) : plural_of(noun));
}

}  // namespace offload
