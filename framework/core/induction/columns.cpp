#include "core/induction/columns.hpp"

#include "core/induction/value.hpp"
#include "core/multiversion.hpp"

namespace offload {

OFFLOAD_MULTIVERSION
void add_expected(std::size_t n, double probability, const double* value, double* sum) {
  for (std::size_t i = 0; i < n; ++i) sum[i] += probability * value[i];
}

OFFLOAD_MULTIVERSION
void value_action(std::size_t n, double weight, const double* reward, const double* after, double* value,
                  double* largest) {
  for (std::size_t i = 0; i < n; ++i) {
    const double sum = weight * reward[i] + after[i];
    value[i] = sum;
    largest[i] = sum > largest[i] ? sum : largest[i];
  }
}

OFFLOAD_MULTIVERSION
void add_action(std::size_t n, double weight, const double* reward, const double* after,
                const double* probability, double* mean) {
  for (std::size_t i = 0; i < n; ++i) mean[i] += probability[i] * (weight * reward[i] + after[i]);
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
