// The arithmetic of an induction on n states at once, in columns. The same bits on every instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

namespace offload {

// sum += probability * value
void add_expected(std::size_t n, double probability, const double* value, double* sum);

// Of one action, from what it earns now, `weight` times the reward, and what comes after: its value, and the
// largest so far.
void value_action(std::size_t n, double weight, const double* reward, const double* after, double* value,
                  double* largest);
// And its share of the mean over actions.
void add_action(std::size_t n, double weight, const double* reward, const double* after,
                const double* probability, double* mean);

inline constexpr std::uint16_t kNotChosen = 0xffff;
// Chooses the action, and its value, where that ties with the largest; asked of all actions downwards it
// leaves the lowest, with kTied where it is not the only one. `chosen` starts as kNotChosen.
void choose(std::size_t n, std::uint16_t action, const double* value, const double* largest,
            std::uint16_t* chosen, double* best);

}  // namespace offload
