// What an induction finds of a state: its values and the choice.
#pragma once

#include <cstdint>

namespace offload {

// Actions whose values differ by less tie; the lowest index is taken.
inline constexpr double kTieTolerance = 1e-12;
// Set in a kept choice when another action ties with it.
inline constexpr std::uint16_t kTied = 0x8000;

struct Decision {
  int action;
  bool tied;  // another action is within kTieTolerance
};

// Of a game or of a part of it: under the best actions and under the random row's.
struct Value {
  double best = 0, random = 0;
};

}  // namespace offload
