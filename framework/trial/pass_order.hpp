// The passes of a trial and what tells them apart for the host alone: the order of the test episodes and the
// agent's random bits. Both come of a hash that cannot be turned round, over what a plugin is not given, so
// that neither bits nor slots nor order say which pass it is, or which episode.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "suite/experiment.hpp"

namespace offload {

// What one copy of the agent is asked for.
struct Pass {
  enum class Kind : std::uint8_t {
    cell,         // the test episodes in a budget cell
    walk,         // the exact value in a budget cell
    timing,       // one decision at a time
    calibration,  // the calibration sessions in a budget cell
  };
  Kind kind = Kind::cell;
  std::uint32_t cell = 0;   // of the experiment
  std::int64_t point = -1;  // training steps where it is a point of the learning curve
  int margin_percent = 0;   // by which agents and masks see the cell's limits lowered
  // Of the suite; -1: the world it was trained in. It changes neither order nor bits, so that what is decided
  // otherwise after a drift is decided otherwise because of it.
  int drift = -1;

  bool operator==(const Pass&) const = default;
};

// The same for the same experiment, split and pass, whoever asks.
class PassOrder {
 public:
  PassOrder(const Experiment& experiment, const Split& split, const Pass& pass, std::size_t tests);

  // The test that comes at this place of the pass: 0 .. tests - 1, each once.
  std::size_t test(std::size_t place) const { return order_[place]; }
  // What the agent's random bits in this test are derived from.
  std::uint64_t bits(std::size_t test) const { return bits_[test]; }
  // Of what else the pass has to draw.
  std::uint64_t seed() const;

 private:
  std::uint64_t drawn(char what, std::size_t index) const;

  Digest key_;
  std::vector<std::size_t> order_;
  std::vector<std::uint64_t> bits_;  // [tests]
};

}  // namespace offload
