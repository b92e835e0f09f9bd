#include "report/figures/opponents.hpp"

#include <functional>
#include <map>

#include "core/statistics/tests.hpp"
#include "offload/random.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kMixTest = 0x6d6978, kCellMixTest = 0x636d6978, kConstantTest = 0x636f6e73;

// The opponent's rewards in a cell of a split, by test episode; empty or null where it has none.
using RewardsOf =
    std::function<const std::vector<double>*(std::size_t split, std::size_t cell, const EpisodeScores& row)>;

std::optional<OpponentComparison> against(const ReportPlan& plan, const MatchedTrials& trials,
                                          const ScoreView& view, std::size_t row, std::size_t first_cell,
                                          std::size_t cells, const RewardsOf& rewards_of,
                                          std::uint64_t purpose) {
  struct Sums {
    double row = 0, opponent = 0, count = 0;
  };
  std::map<std::int64_t, Sums> episodes;
  for (std::size_t split = 0; split < plan.splits.size(); ++split) {
    const CondensedTrial* trial = trials.finished(row, split);
    if (trial == nullptr) return std::nullopt;
    for (std::size_t c = first_cell; c < first_cell + cells; ++c) {
      const EpisodeScores& scores = scores_of(trial->cells[c], view);
      const std::vector<double>* opponent = rewards_of(split, c, scores);
      if (opponent == nullptr || opponent->size() != scores.reward.size()) return std::nullopt;
      for (std::size_t e = 0; e < scores.reward.size(); ++e) {
        Sums& sums = episodes[(*trial->episode_ids)[e]];
        sums.row += scores.reward[e];
        sums.opponent += (*opponent)[e];
        ++sums.count;
      }
    }
  }
  OpponentComparison result;
  PairedValues values{2, episodes.size(), {}};
  for (const auto& [id, sums] : episodes) {
    values.value.push_back(sums.row / sums.count);
    values.value.push_back(sums.opponent / sums.count);
    result.reward += sums.opponent / sums.count / static_cast<double>(episodes.size());
  }
  const PairTest test = sign_flip_tests(values, sign_flips(2), stream(purpose, row, first_cell))[0];
  result.difference = test.difference;
  result.p = test.p;
  const bool significant = test.p <= kAlpha && test.difference != 0;
  result.verdict = !significant ? "ties" : test.difference > 0 ? "beats" : "loses";
  return result;
}

const std::vector<double>* mix_of(std::size_t, std::size_t, const EpisodeScores& row) {
  return &row.mix_reward;
}

}  // namespace

std::optional<OpponentComparison> against_mix(const ReportPlan& plan, const MatchedTrials& trials,
                                              const ScoreView& view, std::size_t row) {
  return against(plan, trials, view, row, 0, plan.cells.size(), mix_of, kMixTest);
}

std::vector<CellOpponents> cell_opponents(const ReportPlan& plan, const MatchedTrials& trials,
                                          const MatchedReferences& references, const ScoreView& view,
                                          std::size_t row) {
  const auto constant_of = [&](std::size_t split, std::size_t cell, const EpisodeScores&) {
    const ReferenceScores* scores = scores_of(references.split[split]->cells[cell], view);
    return scores == nullptr ? nullptr : &scores->constant;
  };
  std::vector<CellOpponents> cells;
  for (std::size_t c = 0; c < plan.cells.size(); ++c) {
    cells.push_back({against(plan, trials, view, row, c, 1, constant_of, kConstantTest),
                     against(plan, trials, view, row, c, 1, mix_of, kCellMixTest)});
  }
  return cells;
}

}  // namespace offload
