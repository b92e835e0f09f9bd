// The interface of a reward in plain C++. Derive from Reward, give the class a constructor
// (const Environment&, ParameterReader&), and name it in OFFLOAD_REWARD (<offload/plugin.hpp>). A reward sees
// one outcome at a time and keeps no state, since the oracles ask for any outcome, in any order, many times.
// With
//   bool portable_bits() const;
// it says whether scores are the same bits on every machine (OFFLOAD_HOST_EXTENSION_PORTABLE_BITS in abi.h).
#pragma once

#include <offload/abi.h>
#include <offload/environment.hpp>
#include <offload/parameters.hpp>

#include <cstddef>
#include <span>

namespace offload {

// Indices of the spans below.
inline constexpr std::size_t kLatency = 0;
inline constexpr std::size_t kCost = 1;

// What one turn brought.
struct Outcome {
  int action;
  double quality;                             // judged score of the answer, >= 0
  double association_raw;                     // sum of the association scores of the images sent
  double association;                         // the same, min-max over the turn's actions, 0..1
  std::span<const double> consumed;           // [K] by this turn: s, USD
  std::span<const double> consumed_relative;  // [K] the same, min-max over all actions, 0..1
  std::span<const double> limit;              // [K] the episode's budgets; +infinity: none
  std::span<const double> total;              // [K] consumed in the episode, this turn included
};

// A batch of them; i is a row in 0 .. size() - 1.
class Outcomes {
 public:
  explicit Outcomes(const offload_outcomes& raw) : raw_(raw) {}

  int size() const { return raw_.n; }
  Outcome operator[](int i) const {
    return {raw_.action[i],      raw_.quality[i],       raw_.association_raw[i],
            raw_.association[i], row(raw_.consumed, i), row(raw_.consumed_relative, i),
            row(raw_.limit, i),  row(raw_.total, i)};
  }

 private:
  std::span<const double> row(const double* data, int i) const {
    const auto count = static_cast<std::size_t>(raw_.budgets);
    return {data + static_cast<std::size_t>(i) * count, count};
  }

  const offload_outcomes& raw_;
};

class Reward {
 public:
  virtual ~Reward() = default;
  virtual double score(const Outcome& outcome) const = 0;
};

}  // namespace offload
