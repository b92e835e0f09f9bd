#include "report/boards/opponents.hpp"

#include <functional>
#include <span>

#include "core/statistics/aggregates.hpp"

namespace offload {
namespace {

// The opponent's rewards in a cell of a split, by test episode; empty where it has none.
using RewardsOf = std::function<std::span<const double>(std::size_t split, std::size_t cell)>;

// Over cells `first` to `end` - 1. Nothing unless row and opponent have every test of every split.
std::optional<OpponentComparison> against(const MatchedTrials& trials, const TestSeries& tests,
                                          std::size_t view, std::size_t row, std::size_t first,
                                          std::size_t end, const RewardsOf& rewards_of) {
  std::vector<double> opponent(tests.design().tests(), 0.0);
  for (std::size_t c = first; c < end; ++c) {
    for (std::size_t split = 0; split < trials.episode_ids.size(); ++split) {
      if (!trials.has_finished(row, split)) return std::nullopt;
      if (rewards_of(split, c).size() != trials.episode_ids[split].size()) return std::nullopt;
    }
    const std::vector<double> of_cell =
        tests.gathered([&](std::size_t split) { return rewards_of(split, c); });
    for (std::size_t i = 0; i < opponent.size(); ++i)
      opponent[i] += of_cell[i] / static_cast<double>(end - first);
  }
  std::vector<double> difference = tests.of_row(row, first, end, rewards_under(view));
  for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= opponent[i];
  const ClaimedMean claimed = tests.claimed(difference);
  const bool significant = claimed.p <= kAlpha && claimed.mean != 0;
  return OpponentComparison{mean_of(opponent), claimed.mean, claimed.p, claimed.interval,
                            !significant       ? "ties"
                            : claimed.mean > 0 ? "beats"
                                               : "loses"};
}

RewardsOf mix_of(const MatchedTrials& trials, std::size_t view, std::size_t row) {
  return [columns = trials.trials.columns(row), view](std::size_t split, std::size_t cell) {
    const std::vector<double>& mix = columns->cells[cell].view[view].mix_reward;
    return mix.empty() ? std::span<const double>() : columns->of_split(mix, split);
  };
}

}  // namespace

std::optional<OpponentComparison> against_mix(const MatchedTrials& trials, const TestSeries& tests,
                                              std::size_t view, std::size_t row, std::size_t cells) {
  if (!trials.has_finished(row)) return std::nullopt;
  return against(trials, tests, view, row, 0, cells, mix_of(trials, view, row));
}

std::vector<CellOpponents> cell_opponents(const MatchedTrials& trials, const TestSeries& tests,
                                          const MatchedReferences& references, std::size_t view,
                                          std::size_t row, std::size_t cells) {
  const auto constant_of = [&](std::size_t split, std::size_t cell) -> std::span<const double> {
    const ReferenceScores* scores = scores_of(references.split[split]->cells[cell], trials.views[view]);
    if (scores == nullptr) return {};
    return scores->constant;
  };
  std::vector<CellOpponents> list(cells);
  for (std::size_t c = 0; trials.has_finished(row) && c < cells; ++c) {
    list[c] = {against(trials, tests, view, row, c, c + 1, constant_of),
               against(trials, tests, view, row, c, c + 1, mix_of(trials, view, row))};
  }
  return list;
}

}  // namespace offload
