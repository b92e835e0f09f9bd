#include "report/trials/row_columns.hpp"

#include <numeric>

#include "core/statistics/aggregates.hpp"

namespace offload {
namespace {

void append(std::vector<double>& column, const std::vector<double>& values) {
  column.insert(column.end(), values.begin(), values.end());
}

// `tests`: of the trials before.
void add(const CondensedCell& cell, const ScoreView& view, std::size_t tests, ViewColumns& columns) {
  const EpisodeScores& scores = scores_of(cell, view);
  append(columns.reward, scores.reward);
  append(columns.quality, scores.quality);
  append(columns.association, scores.association);
  if (columns.mix_reward.size() == tests && scores.mix_reward.size() == scores.reward.size())
    append(columns.mix_reward, scores.mix_reward);
  else
    columns.mix_reward.clear();
  columns.task_reward.resize(cell.task_actions.size());
  for (std::size_t task = 0; task < cell.task_actions.size(); ++task) {
    const std::vector<std::int64_t>& counts = cell.task_actions[task];
    const std::int64_t turns = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
    columns.task_reward[task].push_back(turns > 0 ? scores.task_reward[task] / static_cast<double>(turns)
                                                  : kNan);
  }
}

void add(const std::vector<CondensedCell>& cells, const std::vector<ScoreView>& views,
         std::vector<CellColumns>& columns) {
  columns.resize(cells.size());
  for (std::size_t c = 0; c < cells.size(); ++c) {
    const CondensedCell& cell = cells[c];
    CellColumns& to = columns[c];
    to.view.resize(views.size());
    for (std::size_t v = 0; v < views.size(); ++v) add(cell, views[v], to.violated.size(), to.view[v]);
    for (std::size_t k = 0; k < 2; ++k) append(to.per_test[k], cell.per_test[k]);
    to.violated.insert(to.violated.end(), cell.violated.begin(), cell.violated.end());
    to.decisions.push_back(cell.decisions);
    to.masked_actions += cell.masked_actions;
  }
}

void add(const std::vector<std::vector<CondensedCell>>& blocks, const std::vector<ScoreView>& views,
         std::vector<std::vector<CellColumns>>& columns) {
  columns.resize(blocks.size());
  for (std::size_t i = 0; i < blocks.size(); ++i) add(blocks[i], views, columns[i]);
}

}  // namespace

void RowColumns::add(const CondensedTrial* trial, const std::vector<ScoreView>& views) {
  const std::size_t tests = trial == nullptr ? 0 : trial->episode_ids->size();
  end.push_back(static_cast<std::uint32_t>((end.empty() ? 0 : end.back()) + tests));
  trial_end.push_back((trial_end.empty() ? 0 : trial_end.back()) + (trial != nullptr));
  if (trial == nullptr) return;
  offload::add(trial->cells, views, cells);
  offload::add(trial->drifts, views, drifts);
  offload::add(trial->natives, views, natives);
}

std::vector<double> RowColumns::by_split(const std::vector<double>& column) const {
  std::vector<double> values;
  for (std::size_t split = 0; split < splits(); ++split)
    values.push_back(has(split) ? column[trials_until(split)] : kNan);
  return values;
}

std::vector<double> RowColumns::means(const std::vector<double>& column) const {
  std::vector<double> values;
  for (std::size_t split = 0; split < splits(); ++split) values.push_back(mean_of(of_split(column, split)));
  return values;
}

}  // namespace offload
