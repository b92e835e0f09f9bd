#include "report/figures/panels.hpp"

#include <algorithm>
#include <map>

#include "core/statistics/aggregates.hpp"
#include "offload/random.hpp"
#include "report/figures/references.hpp"

namespace offload {

Panel panel_of(const ReportPlan& plan, const MatchedTrials& matched, const TestValues& values) {
  const std::size_t rows = plan.rows.size(), cells = plan.cells.size();
  Panel panel;
  panel.series = rows * cells;
  for (std::size_t split = 0; split < plan.splits.size(); ++split) {
    const auto& ids = matched.episode_ids[split];
    const std::size_t begin = panel.value.size();
    panel.episode.insert(panel.episode.end(), ids.begin(), ids.end());
    panel.value.resize(begin + ids.size() * panel.series, kNan);
    for (std::size_t row = 0; row < rows; ++row) {
      const CondensedTrial* trial = matched.finished(row, split);
      for (std::size_t c = 0; trial && c < cells; ++c) {
        const std::vector<double>& value = values(trial->cells[c]);
        for (std::size_t e = 0; e < value.size(); ++e) {
          panel.value[begin + e * panel.series + row * cells + c] = value[e];
        }
      }
    }
  }
  return panel;
}

namespace {

// [series][repetitions]: every figure goes through the repetitions of few series.
std::vector<double> replicates_of(const Panel& panel) {
  const std::size_t series = panel.series, repetitions = kBootstrapRepetitions;
  const std::vector<double> by_repetition =
      bootstrap_means(panel, kBootstrapRepetitions, stream(kReportSeed, kBootstrapStream));
  std::vector<double> by_series(by_repetition.size());
  constexpr std::size_t kBlock = 16;  // of repetitions, whose lines of memory stay at hand
  for (std::size_t first = 0; first < repetitions; first += kBlock) {
    const std::size_t end = std::min(first + kBlock, repetitions);
    for (std::size_t s = 0; s < series; ++s) {
      for (std::size_t r = first; r < end; ++r)
        by_series[s * repetitions + r] = by_repetition[r * series + s];
    }
  }
  return by_series;
}

double at(const std::vector<double>& replicates, std::size_t series, std::size_t repetition) {
  return replicates[series * kBootstrapRepetitions + repetition];
}

}  // namespace

Interval bootstrap_interval(const std::function<double(std::size_t)>& figure) {
  std::vector<double> column(kBootstrapRepetitions);
  for (std::size_t r = 0; r < column.size(); ++r) column[r] = figure(r);
  return percentile_interval(std::move(column));
}

Replicates::Replicates(const Panel& panel, std::size_t cells) : cells_(cells), mean_(replicates_of(panel)) {}

Interval Replicates::of_cell(std::size_t row, std::size_t cell) const {
  return bootstrap_interval([&](std::size_t r) { return (*this)(r, row, cell); });
}

Interval Replicates::over_cells(std::size_t row) const {
  return bootstrap_interval([&](std::size_t r) {
    double mean = 0;
    for (std::size_t c = 0; c < cells_; ++c) mean += (*this)(r, row, c) / static_cast<double>(cells_);
    return mean;
  });
}

BoundReplicates::BoundReplicates(const ReportPlan& plan, const MatchedTrials& matched, const ScoreView& view,
                                 const std::vector<OracleBounds>& bounds)
    : fixed_(mean_bounds(plan, bounds, view)), drawn_(plan.cells.size(), true) {
  const std::size_t cells = plan.cells.size();
  Panel panel{2 * cells, {}, {}};
  for (std::size_t split = 0; split < plan.splits.size(); ++split) {
    const auto& ids = matched.episode_ids[split];
    const std::size_t begin = panel.value.size();
    panel.episode.insert(panel.episode.end(), ids.begin(), ids.end());
    panel.value.resize(begin + ids.size() * panel.series, kNan);
    for (std::size_t c = 0; c < cells; ++c) {
      const auto found = std::find_if(bounds.begin(), bounds.end(), [&](const OracleBounds& b) {
        return b.view == view && b.cell == plan.cells[c].name && b.split == plan.splits[split] &&
               b.causal.size() == ids.size() && b.masked_random.size() == ids.size();
      });
      drawn_[c] = drawn_[c] && found != bounds.end();
      for (std::size_t e = 0; drawn_[c] && e < ids.size(); ++e) {
        panel.value[begin + e * panel.series + 2 * c] = found->causal[e];
        panel.value[begin + e * panel.series + 2 * c + 1] = found->masked_random[e];
      }
    }
  }
  if (std::find(drawn_.begin(), drawn_.end(), true) != drawn_.end()) mean_ = replicates_of(panel);
}

CellBounds BoundReplicates::operator()(std::size_t repetition, std::size_t cell) const {
  if (!drawn_[cell]) return *fixed_[cell];
  return {at(mean_, 2 * cell, repetition), at(mean_, 2 * cell + 1, repetition)};
}

PairedValues paired_values(const Panel& panel, std::size_t cells, const std::vector<std::size_t>& rows,
                           std::size_t first, std::size_t end) {
  std::map<std::int64_t, std::size_t> unit;
  for (const std::int64_t id : panel.episode) unit.emplace(id, 0);
  std::size_t next = 0;
  for (auto& [id, index] : unit) index = next++;
  PairedValues values{rows.size(), unit.size(), {}};
  values.value.assign(values.series * values.units, 0.0);
  std::vector<double> count(values.units, 0.0);
  for (const std::int64_t id : panel.episode) count[unit.at(id)] += 1;
  for (std::size_t i = 0; i < panel.observations(); ++i) {
    const std::size_t u = unit.at(panel.episode[i]);
    const double weight = 1 / (count[u] * static_cast<double>(end - first));
    for (std::size_t s = 0; s < rows.size(); ++s) {
      for (std::size_t c = first; c < end; ++c) {
        values.value[u * values.series + s] += weight * panel.value[i * panel.series + rows[s] * cells + c];
      }
    }
  }
  return values;
}

std::vector<Interval> difference_intervals(const PairedValues& values, const std::vector<PairTest>& pairs) {
  Panel panel{values.series, {}, values.value};
  for (std::size_t u = 0; u < values.units; ++u) panel.episode.push_back(static_cast<std::int64_t>(u));
  const std::vector<double> mean = replicates_of(panel);
  std::vector<Interval> intervals;
  for (const PairTest& pair : pairs) {
    intervals.push_back(
        bootstrap_interval([&](std::size_t r) { return at(mean, pair.a, r) - at(mean, pair.b, r); }));
  }
  return intervals;
}

}  // namespace offload
