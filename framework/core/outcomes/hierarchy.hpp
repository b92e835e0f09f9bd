// Means of logged scores in factors, each pulled towards 1 as far as few turns speak for it: the fit behind
// the hierarchical response model. With u different views sent at earlier turns, a turn of task c answered by
// an action of kind k (on the device or in the cloud: g) scores in the mean
//
//   (1 - Z(c, k)) * m * K(k) * T(c) * C(c, k) * (1 + h(g) * u)
//
// where Z is the share of scores that are 0 (refusals come about otherwise than good answers), and the rest
// is the mean of those above 0. Additions, multiplications and divisions alone, in one order, but for the
// choice of strengths, which takes logarithms of portable_math.hpp: the same bits everywhere.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace offload {

// Turns by what the fit looks at, [tasks][kinds][levels]: a level is a number of different views sent before.
struct TurnCounts {
  std::size_t tasks = 0, kinds = 0, levels = 0;
  std::vector<double> turns, zeros;  // all, and of these the ones that score 0
  std::vector<double> score;         // sum

  TurnCounts(std::size_t tasks_of, std::size_t kinds_of, std::size_t levels_of)
      : tasks(tasks_of),
        kinds(kinds_of),
        levels(levels_of),
        turns(tasks * kinds * levels),
        zeros(turns.size()),
        score(turns.size()) {}
  std::size_t cells() const { return tasks * kinds; }
  std::size_t at(std::size_t task, std::size_t kind, std::size_t level) const {
    return (task * kinds + kind) * levels + level;
  }
  // Whether any turn scores above 0.
  bool positive() const;
  void add(const TurnCounts& other);
};

// How many turns' worth each part is pulled by: the factors towards 1, the effect of a view sent towards 0,
// the share of zeros of a cell towards that of its kind.
struct Strengths {
  double factors = 16, history = 32, zeros = 128;
  bool operator==(const Strengths&) const = default;
};

// Z, [tasks][kinds]. Needs at least one turn.
std::vector<double> zero_shares(const TurnCounts& counts, double strength);
// The mean of the scores above 0, [tasks][kinds][levels], all above 0; all 0 where no score is.
std::vector<double> positive_means(const TurnCounts& counts, const Strengths& strengths);

// Which strengths foretell each fold best from the others: likelihoods of the zeros, and of the rest as drawn
// from exponential distributions. The noise of folds is large, so every doubling away from the defaults has
// to make what happened `odds` times as likely. The defaults with fewer than two folds and where some folds
// together have no score above 0.
Strengths choose_strengths(std::span<const TurnCounts> folds, double odds);

}  // namespace offload
