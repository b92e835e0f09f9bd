#include "report/panels.hpp"

#include <map>

#include "core/statistics/aggregates.hpp"
#include "offload/random.hpp"

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

Replicates::Replicates(const Panel& panel, std::size_t cells)
    : cells_(cells),
      series_(panel.series),
      mean_(bootstrap_means(panel, kBootstrapRepetitions, stream(kReportSeed, kBootstrapStream))) {}

Interval Replicates::interval(const std::function<double(std::size_t)>& figure) const {
  std::vector<double> column(kBootstrapRepetitions);
  for (std::size_t r = 0; r < column.size(); ++r) column[r] = figure(r);
  return percentile_interval(std::move(column));
}

Interval Replicates::of_cell(std::size_t row, std::size_t cell) const {
  return interval([&](std::size_t r) { return (*this)(r, row, cell); });
}

Interval Replicates::over_cells(std::size_t row) const {
  return interval([&](std::size_t r) {
    double mean = 0;
    for (std::size_t c = 0; c < cells_; ++c) mean += (*this)(r, row, c) / static_cast<double>(cells_);
    return mean;
  });
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

}  // namespace offload
