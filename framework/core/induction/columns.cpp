#include "core/induction/columns.hpp"

#include "core/induction/value.hpp"
#include "core/multiversion.hpp"

namespace offload {

OFFLOAD_MULTIVERSION
void add_expected(std::size_t n, double probability, const double* value, double* sum) {
  for (std::size_t i = 0; i < n; ++i) sum[i] += probability * value[i];
}

OFFLOAD_MULTIVERSION
void add_expected(std::size_t n, const double* probability, const double* value, double* sum) {
  for (std::size_t i = 0; i < n; ++i) sum[i] += probability[i] * value[i];
}

void value_action(std::size_t n, double weight, double goes_on, const double* reward, const std::int32_t* at,
                  const double* next_best, const double* next_random, double* best, double* random) {
  if (next_best == nullptr) {
    for (std::size_t i = 0; i < n; ++i) best[i] = random[i] = weight * reward[i];
    return;
  }
  for (std::size_t i = 0; i < n; ++i) {
    const double now = weight * reward[i];
    best[i] = now + goes_on * next_best[at[i]];
    random[i] = now + goes_on * next_random[at[i]];
  }
}

OFFLOAD_MULTIVERSION
void take_larger(std::size_t n, const double* value, double* largest) {
  for (std::size_t i = 0; i < n; ++i) largest[i] = value[i] > largest[i] ? value[i] : largest[i];
}

OFFLOAD_MULTIVERSION
void choose(std::size_t n, std::uint16_t action, const double* value, const double* largest,
            std::uint16_t* chosen, double* best) {
  // Two loops: in one, compilers branch.
  for (std::size_t i = 0; i < n; ++i) {
    const bool as_good = value[i] >= largest[i] - kTieTolerance;
    const auto tied = static_cast<std::uint16_t>(chosen[i] == kNotChosen ? 0 : kTied);
    chosen[i] = as_good ? static_cast<std::uint16_t>(action | tied) : chosen[i];
  }
  for (std::size_t i = 0; i < n; ++i) best[i] = value[i] >= largest[i] - kTieTolerance ? value[i] : best[i];
}

}  // namespace offload
