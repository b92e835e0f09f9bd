#include "core/outcomes/hierarchy.hpp"

#include <offload/portable_math.hpp>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <numeric>

namespace offload {
namespace {

constexpr int kRounds = 6;
// Of a kind's share of zeros towards the overall one, in turns.
constexpr double kKindStrength = 8;
// The effects of a view sent on device and cloud are pulled to their common one so much more than that to 0.
constexpr double kCommonEffect = 8;
// No history takes more than this share of a mean away.
constexpr double kMostLost = .5;

double sum_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

// The scores above 0 in factors. A pass sets one group of factors to what the others leave of the scores.
class Factors {
 public:
  Factors(const TurnCounts& counts, const Strengths& strengths)
      : kinds_(counts.kinds),
        levels_(counts.levels),
        strengths_(strengths),
        kind_(counts.kinds, 1.0),
        task_(counts.tasks, 1.0),
        cell_(counts.cells(), 1.0) {
    for (std::size_t i = 0; i < counts.turns.size(); ++i) {
      const double turns = counts.turns[i] - counts.zeros[i];
      if (turns > 0) seen_.push_back({place(i), turns, counts.score[i]});
      turns_ += turns;
    }
    for (const Seen& seen : seen_) mean_ += seen.score / turns_;
  }

  void fit() {
    for (int round = 0; round < kRounds; ++round) {
      double rest = 0;
      for (const Seen& seen : seen_) rest += seen.score / at(seen.place);
      mean_ *= rest / turns_;
      pull(kind_, &Place::kind);
      pull(task_, &Place::task);
      pull(cell_, &Place::cell);
      pull_history();
    }
  }
  double at(std::size_t i) const { return at(place(i)); }

 private:
  struct Place {
    std::size_t cell, task, kind, group;  // group: 0 on the device, 1 in the cloud
    double level;
  };
  // Turns that score above 0.
  struct Seen {
    Place place;
    double turns, score;
  };

  Place place(std::size_t i) const {
    const std::size_t cell = i / levels_, kind = cell % kinds_;
    return {cell, cell / kinds_, kind, kind > 0 ? 1U : 0U, static_cast<double>(i % levels_)};
  }
  double at(const Place& p) const {
    return mean_ * kind_[p.kind] * task_[p.task] * cell_[p.cell] * (1 + history_[p.group] * p.level);
  }

  void pull(std::vector<double>& factor, std::size_t Place::*of) {
    std::vector<double> turns(factor.size(), strengths_.factors), rest = turns;
    for (const Seen& seen : seen_) {
      const std::size_t f = seen.place.*of;
      turns[f] += seen.turns;
      rest[f] += seen.score / at(seen.place) * factor[f];
    }
    for (std::size_t f = 0; f < factor.size(); ++f) factor[f] = rest[f] / turns[f];
  }

  void pull_history() {
    double excess[2] = {}, weight[2] = {};
    for (const Seen& seen : seen_) {
      const auto [cell, task, kind, group, level] = seen.place;
      excess[group] += level * (seen.score / (mean_ * kind_[kind] * task_[task] * cell_[cell]) - seen.turns);
      weight[group] += level * level * seen.turns;
    }
    const double common = (excess[0] + excess[1]) / (weight[0] + weight[1] + strengths_.history);
    const double strength = kCommonEffect * strengths_.history;
    const double least = -kMostLost / static_cast<double>(std::max<std::size_t>(1, levels_ - 1));
    for (std::size_t g = 0; g < 2; ++g) {
      history_[g] = std::max(least, (excess[g] + strength * common) / (weight[g] + strength));
    }
  }

  std::size_t kinds_, levels_;
  const Strengths& strengths_;
  std::vector<Seen> seen_;
  double turns_ = 0, mean_ = 0;
  std::vector<double> kind_, task_, cell_;
  double history_[2] = {};
};

// Twice the negative logarithm of a likelihood, but for a constant: of the scores above 0.
double surprise_of_scores(const TurnCounts& counts, const std::vector<double>& mean) {
  double sum = 0;
  for (std::size_t i = 0; i < mean.size(); ++i) {
    const double above = counts.turns[i] - counts.zeros[i];
    if (above > 0) sum += 2 * (above * portable_log(mean[i]) + counts.score[i] / mean[i]);
  }
  return sum;
}

// The same of which scores are 0.
double surprise_of_zeros(const TurnCounts& counts, const std::vector<double>& share) {
  constexpr double kLeast = 1e-6;  // no turn is beyond doubt
  double sum = 0;
  for (std::size_t i = 0; i < counts.turns.size(); ++i) {
    if (counts.turns[i] == 0) continue;
    const double p = std::clamp(share[i / counts.levels], kLeast, 1 - kLeast);
    sum -=
        2 * (counts.zeros[i] * portable_log(p) + (counts.turns[i] - counts.zeros[i]) * portable_log(1 - p));
  }
  return sum;
}

// The value of `strength` times 2^doublings that is the least surprising, what lies further away less likely
// by the odds of every doubling.
template <typename Surprise>
double likeliest(double strength, std::initializer_list<int> doublings, double odds,
                 const Surprise& surprise) {
  double best = strength, least = surprise(strength);
  for (const int d : doublings) {
    const double tried = std::ldexp(strength, d),
                 with = surprise(tried) + 2 * portable_log(odds) * std::abs(d);
    if (with < least) {
      least = with;
      best = tried;
    }
  }
  return best;
}

}  // namespace

bool TurnCounts::positive() const {
  return std::ranges::any_of(score, [](double sum) { return sum > 0; });
}

void TurnCounts::add(const TurnCounts& other) {
  for (std::size_t i = 0; i < turns.size(); ++i) {
    turns[i] += other.turns[i];
    zeros[i] += other.zeros[i];
    score[i] += other.score[i];
  }
}

std::vector<double> zero_shares(const TurnCounts& counts, double strength) {
  std::vector<double> turns(counts.kinds), zeros(counts.kinds), cell_turns(counts.cells()),
      share(counts.cells());
  for (std::size_t i = 0; i < counts.turns.size(); ++i) {
    const std::size_t cell = i / counts.levels;
    turns[cell % counts.kinds] += counts.turns[i];
    zeros[cell % counts.kinds] += counts.zeros[i];
    cell_turns[cell] += counts.turns[i];
    share[cell] += counts.zeros[i];
  }
  const double overall = sum_of(zeros) / sum_of(turns);
  for (std::size_t cell = 0; cell < share.size(); ++cell) {
    const std::size_t k = cell % counts.kinds;
    const double of_kind = (zeros[k] + kKindStrength * overall) / (turns[k] + kKindStrength);
    share[cell] = (share[cell] + strength * of_kind) / (cell_turns[cell] + strength);
  }
  return share;
}

std::vector<double> positive_means(const TurnCounts& counts, const Strengths& strengths) {
  std::vector<double> mean(counts.turns.size());
  if (!counts.positive()) return mean;
  Factors factors(counts, strengths);
  factors.fit();
  for (std::size_t i = 0; i < mean.size(); ++i) mean[i] = factors.at(i);
  return mean;
}

Strengths choose_strengths(std::span<const TurnCounts> folds, double odds) {
  Strengths chosen;
  if (folds.size() < 2) return chosen;
  std::vector<TurnCounts> others;
  for (std::size_t f = 0; f < folds.size(); ++f) {
    others.emplace_back(folds[f].tasks, folds[f].kinds, folds[f].levels);
    for (std::size_t o = 0; o < folds.size(); ++o) {
      if (o != f) others[f].add(folds[o]);
    }
    if (!others[f].positive()) return chosen;
  }
  const auto over_folds = [&](const auto& surprise) {
    double sum = 0;
    for (std::size_t f = 0; f < folds.size(); ++f) sum += surprise(folds[f], others[f]);
    return sum;
  };
  const auto of_scores = [&](const Strengths& strengths) {
    return over_folds([&](const TurnCounts& fold, const TurnCounts& rest) {
      return surprise_of_scores(fold, positive_means(rest, strengths));
    });
  };
  chosen.factors = likeliest(chosen.factors, {-2, -1, 1, 2, 3, 4}, odds, [&](double strength) {
    return of_scores({strength, chosen.history, chosen.zeros});
  });
  chosen.history = likeliest(chosen.history, {-4, -2, 2, 4, 6}, odds, [&](double strength) {
    return of_scores({chosen.factors, strength, chosen.zeros});
  });
  chosen.zeros = likeliest(chosen.zeros, {-4, -2, 2, 4}, odds, [&](double strength) {
    return over_folds([&](const TurnCounts& fold, const TurnCounts& rest) {
      return surprise_of_zeros(fold, zero_shares(rest, strength));
    });
  });
  return chosen;
}

}  // namespace offload
