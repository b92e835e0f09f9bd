#include "report/notes.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "core/counted.hpp"
#include "report/figures/world.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

// Whose purpose it is.
constexpr std::array<std::string_view, 4> kConstants = {"constant", "local-only", "cloud-only", "cost-min"};

// The action of every decision in every cell; empty where there are several, or no decision.
std::optional<std::size_t> only_action(const RowFigures& row) {
  std::optional<std::size_t> only;
  for (const CellFigures& cell : row.cell) {
    for (std::size_t a = 0; a < cell.action_count.size(); ++a) {
      if (cell.action_count[a] == 0) continue;
      if (only && *only != a) return std::nullopt;
      only = a;
    }
  }
  return only;
}

// Of what made no gradient step most have not been set yet.
void add_not_finite(const RowFigures& row, std::vector<std::string>& notes) {
  const bool stepped = row.training.gradient_steps > 0;
  std::vector<std::string> names;
  for (const auto& [name, runs] : row.not_finite) {
    names.push_back(text::shown(name, 40));
    if (!stepped) continue;
    notes.push_back(fmt::format("its scalar {} was no finite number at the end of training in {} of {}",
                                names.back(), runs, counted(row.finished, "run")));
  }
  if (stepped || names.empty()) return;
  notes.push_back(
      fmt::format("made no gradient step in training; scalars that were no finite numbers at its end: {}",
                  fmt::join(names, ", ")));
}

}  // namespace

std::vector<std::string> notes_of(const ReportPlan& plan, const RowFigures& row) {
  std::vector<std::string> notes;
  const auto action = only_action(row);
  if (action && plan.consumption.size() > 1 && std::ranges::count(kConstants, row.row.plugin) == 0) {
    notes.push_back(fmt::format("took one action throughout: {} at every turn of every cell",
                                text::shown(action_names(plan)[*action], 60)));
  }
  add_not_finite(row, notes);
  std::vector<std::string> taken;
  for (const CandidateFigures& candidate : row.candidates) {
    if (candidate.chosen > 0)
      taken.push_back(fmt::format("{} in {}", text::shown(candidate.name, 100), candidate.chosen));
  }
  if (!taken.empty()) {
    notes.push_back(fmt::format("tuned among {}; taken, by number of runs: {}",
                                counted(row.candidates.size(), "candidate"), fmt::join(taken, ", ")));
  }
  for (const CandidateFigures& candidate : row.candidates) {
    if (candidate.failed == 0) continue;
    notes.push_back(fmt::format("candidate {} failed in validation in {} of {}: {}",
                                text::shown(candidate.name, 100), candidate.failed,
                                counted(row.finished, "run"), text::shown(candidate.failure, 200)));
  }
  return notes;
}

void explain_unscored(Report& report) {
  const std::vector<CausalFigures>& causal = report.references.causal;
  const auto suite = nlohmann::json::parse(report.plan.resolved_suite);
  const int window =
      suite.value("environment", nlohmann::json::object()).value("window", report.plan.turns_max);
  for (Leaderboard& board : report.boards) {
    for (UnscoredCell& cell : board.unscored) {
      const auto planned = std::ranges::find(report.plan.cells, cell.cell, &ReportCell::name);
      const auto c = static_cast<std::size_t>(planned - report.plan.cells.begin());
      if (!cell.reason.starts_with("no exact causal oracle") || c >= causal.size() ||
          causal[c].reason.empty())
        continue;
      cell.reason += ": " + text::shown(causal[c].reason);
      if (window < report.plan.turns_max)
        cell.reason += fmt::format(
            "; the window of {} frames is shorter than an episode of {}: give [environment] "
            "window = {}, or a larger [evaluation] oracle_nodes",
            window, counted(report.plan.turns_max, "turn"), report.plan.turns_max);
    }
  }
}

std::string tuning_warning(const ReportPlan& plan) {
  std::vector<std::string> counts;
  std::int64_t least = -1, most = 0;
  for (const ReportRow& row : plan.rows) {
    if (row.kind != "learns") continue;
    most = std::max(most, row.candidates);
    least = least < 0 ? row.candidates : std::min(least, row.candidates);
    counts.push_back(
        fmt::format("{} {}", text::shown(row.name, 40),
                    row.candidates == 0 ? "not at all" : fmt::format("among {}", row.candidates)));
  }
  if (most == 0 || least == most) return {};
  return fmt::format("Learners were not tuned alike (candidates per run): {}.", fmt::join(counts, ", "));
}

}  // namespace offload
