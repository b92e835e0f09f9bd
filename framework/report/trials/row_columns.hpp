// What the statistics take of a row's finished trials, by column: they are read at once, and in the memory of
// their numbers. Of every column the tests of a trial lie behind those of the splits before.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "report/trials/condensed.hpp"

namespace offload {

struct ViewColumns {
  std::vector<double> reward, quality, association;  // [tests]
  std::vector<double> mix_reward;                    // [tests]; empty where a trial has none
  std::vector<std::vector<double>> task_reward;      // [tasks][trials] means over turns; NaN without any
};

struct CellColumns {
  std::array<std::vector<double>, 2> per_test;  // [tests] totals: s, USD
  std::vector<std::uint8_t> violated;           // [tests]
  std::vector<std::uint64_t> decisions;         // [trials]
  std::int64_t masked_actions = 0;              // decisions of all trials
  std::vector<ViewColumns> view;                // [views]
};

class RowColumns {
 public:
  // Adds the trial on the next split, null where none finished, under these views.
  void add(const CondensedTrial* trial, const std::vector<ScoreView>& views);

  std::size_t splits() const { return end.size(); }
  bool has(std::size_t split) const { return trials_until(split) < trial_end[split]; }
  // The trial's part of a column by test; empty without a finished trial.
  std::span<const double> of_split(const std::vector<double>& column, std::size_t split) const {
    return std::span(column).subspan(begin(split), tests(split));
  }
  std::size_t begin(std::size_t split) const { return split == 0 ? 0 : end[split - 1]; }
  std::size_t tests(std::size_t split) const { return end[split] - begin(split); }
  // [splits] of a column by trial; NaN without a finished one.
  std::vector<double> by_split(const std::vector<double>& column) const;
  // [splits] means over the tests, likewise.
  std::vector<double> means(const std::vector<double>& column) const;

  // [splits] Tests, and trials, up to and with this one's.
  std::vector<std::uint32_t> end, trial_end;
  std::vector<CellColumns> cells;                         // [cells]
  std::vector<std::vector<CellColumns>> drifts, natives;  // [drifts][cells], as CondensedTrial has them

 private:
  std::uint32_t trials_until(std::size_t split) const { return split == 0 ? 0 : trial_end[split - 1]; }
};

}  // namespace offload
