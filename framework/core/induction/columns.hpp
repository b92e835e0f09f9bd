// The arithmetic of an induction on n states at once, in columns. The same bits on every instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

namespace offload {

// sum += probability * value; of all states, or each with its own.
void add_expected(std::size_t n, double probability, const double* value, double* sum);
void add_expected(std::size_t n, const double* probability, const double* value, double* sum);

// Values of one action: `at` are the states that follow among the next ones; where the game ends both `next`
// are null.
void value_action(std::size_t n, double weight, double goes_on, const double* reward, const std::int32_t* at,
                  const double* next_best, const double* next_random, double* best, double* random);

void take_larger(std::size_t n, const double* value, double* largest);

inline constexpr std::uint16_t kNotChosen = 0xffff;
// Chooses the action, and its value, where that ties with the largest; asked of all actions downwards it
// leaves the lowest, with kTied where it is not the only one. `chosen` starts as kNotChosen.
void choose(std::size_t n, std::uint16_t action, const double* value, const double* largest,
            std::uint16_t* chosen, double* best);

}  // namespace offload
