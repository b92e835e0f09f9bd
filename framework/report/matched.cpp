#include "report/matched.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <unordered_map>

#include "core/error.hpp"

namespace offload {
namespace {

template <typename T, typename Match>
const T* find_in(const std::vector<T>& list, const Match& match) {
  const auto found = std::find_if(list.begin(), list.end(), match);
  return found == list.end() ? nullptr : &*found;
}

const CellResult* find_cell(const TrialResult& trial, const std::string& name) {
  return find_in(trial.cells, [&](const CellResult& cell) { return cell.cell == name; });
}

const EpisodeScores* find_scores(const CellResult& cell, const ScoreView& view) {
  return find_in(cell.scores,
                 [&](const EpisodeScores& s) { return s.lens == view.lens && s.model == view.model; });
}

bool contains(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// Totals follow from decisions: what an episode consumed is the sum of its actions, to a rounding per turn.
std::string check_totals(const ReportPlan& plan, const TrialResult& trial, const CellResult& cell) {
  constexpr std::array<double, 2> kUnit = {1e9, 1e12};
  for (std::size_t e = 0; e < cell.decisions.size(); ++e) {
    std::array<double, 2> total = {0, 0};
    int counted = 0;
    for (const std::uint16_t action : cell.decisions[e]) {
      if (action >= plan.consumption.size()) {
        return fmt::format("episode {} of cell '{}' takes action {} of {}", trial.episode_ids[e], cell.cell,
                           action, plan.consumption.size());
      }
      if (++counted > plan.counted_turns) continue;
      for (std::size_t k = 0; k < 2; ++k) total[k] += std::round(plan.consumption[action][k] * kUnit[k]);
    }
    const double turns = static_cast<double>(cell.decisions[e].size());
    if (turns > plan.turns_max) {
      return fmt::format("episode {} has {} turns, the suite at most {}", trial.episode_ids[e], turns,
                         plan.turns_max);
    }
    for (std::size_t k = 0; k < 2; ++k) {
      const double stated = (k == 0 ? cell.latency_s : cell.cost_usd)[e] * kUnit[k];
      if (std::abs(stated - total[k]) > turns + 1e-9 * total[k]) {
        return fmt::format("the {} of episode {} in cell '{}' does not follow from its decisions",
                           k == 0 ? "latency" : "cost", trial.episode_ids[e], cell.cell);
      }
    }
  }
  return {};
}

// Counts by task add up to the decisions.
std::string check_tasks(const ReportPlan& plan, const CellResult& cell) {
  std::vector<std::int64_t> left(plan.consumption.size(), 0);
  if (cell.task_actions.size() != plan.tasks.size()) {
    return fmt::format("cell '{}' counts {} tasks, the data set has {}", cell.cell, cell.task_actions.size(),
                       plan.tasks.size());
  }
  if (plan.tasks.empty()) return {};
  for (const auto& turns : cell.decisions) {
    for (const std::uint16_t action : turns) ++left[action];
  }
  for (const auto& counts : cell.task_actions) {
    if (counts.size() != left.size()) return fmt::format("cell '{}' counts other actions", cell.cell);
    for (std::size_t a = 0; a < counts.size(); ++a) left[a] -= counts[a];
  }
  const bool even = std::all_of(left.begin(), left.end(), [](std::int64_t count) { return count == 0; });
  return even ? "" : fmt::format("the counts by task in cell '{}' do not follow from its decisions", cell.cell);
}

// Why a trial cannot be counted; empty when it can.
std::string contradiction(const ReportPlan& plan, const TrialResult& trial) {
  if (trial.status == TrialStatus::failed) return {};
  if (trial.cells.size() != plan.cells.size()) {
    return fmt::format("it has {} cells, the suite {}", trial.cells.size(), plan.cells.size());
  }
  for (const ReportCell& planned : plan.cells) {
    const CellResult* cell = find_cell(trial, planned.name);
    if (!cell) return fmt::format("cell '{}' is missing", planned.name);
    for (const EpisodeScores& s : cell->scores) {
      if (!contains(plan.lenses, s.lens) || !contains(plan.models, s.model)) {
        return fmt::format("'{} / {}' is no lens and model of the suite", s.lens, s.model);
      }
    }
    if (std::string reason = check_totals(plan, trial, *cell); !reason.empty()) return reason;
    if (std::string reason = check_tasks(plan, *cell); !reason.empty()) return reason;
  }
  return {};
}

std::map<std::string, std::size_t> positions(const std::vector<std::string>& names) {
  std::map<std::string, std::size_t> result;
  for (std::size_t i = 0; i < names.size(); ++i) result[names[i]] = i;
  return result;
}

class Matcher {
 public:
  Matcher(const ReportPlan& plan, const StoreContents& contents) : plan_(plan) {
    matched_.left_out = contents.left_out;
    matched_.trial.assign(plan.rows.size(), std::vector<const TrialResult*>(plan.splits.size(), nullptr));
    matched_.episode_ids.resize(plan.splits.size());
    place(contents);
    agree_on_episodes();
    agree_on_views();
    std::stable_sort(matched_.left_out.begin(), matched_.left_out.end(),
                     [](const LeftOut& a, const LeftOut& b) { return a.file < b.file; });
  }

  MatchedTrials take() { return std::move(matched_); }

 private:
  void leave_out(const TrialResult& trial, std::string reason) {
    matched_.left_out.push_back({"trials/" + trial.key + ".json", std::move(reason)});
  }

  void place(const StoreContents& contents) {
    std::vector<std::string> names;
    for (const ReportRow& row : plan_.rows) names.push_back(row.name);
    const auto rows = positions(names), splits = positions(plan_.splits);
    std::unordered_map<std::string, const PlannedTrial*> planned;
    for (const PlannedTrial& p : plan_.trials) planned[p.key] = &p;
    for (const TrialResult& trial : contents.trials) {
      const auto found = planned.find(trial.key);
      if (found == planned.end()) {
        leave_out(trial, "foreign: the suite plans no trial with this key");
      } else if (trial.row != found->second->row || trial.split != found->second->split) {
        leave_out(trial, "foreign: the suite plans another row and split for this key");
      } else if (std::string reason = contradiction(plan_, trial); !reason.empty()) {
        leave_out(trial, "contradicts the suite: " + reason);
      } else {
        matched_.trial[rows.at(trial.row)][splits.at(trial.split)] = &trial;
      }
    }
  }

  void drop(std::size_t row, std::size_t split, const std::string& reason) {
    leave_out(*matched_.trial[row][split], reason);
    matched_.trial[row][split] = nullptr;
  }

  // The episodes of a split are those of the first row in the suite's order that finished it.
  void agree_on_episodes() {
    for (std::size_t split = 0; split < plan_.splits.size(); ++split) {
      auto& ids = matched_.episode_ids[split];
      for (std::size_t row = 0; row < plan_.rows.size(); ++row) {
        const TrialResult* trial = matched_.finished(row, split);
        if (!trial) continue;
        if (ids.empty()) ids = trial->episode_ids;
        if (ids != trial->episode_ids) drop(row, split, "contradicts another row: other test episodes");
      }
    }
  }

  // A view counts when any finished trial has it; a trial without it in some cell cannot be compared.
  void agree_on_views() {
    std::set<std::pair<std::string, std::string>> seen;
    each_finished([&](std::size_t, std::size_t, const TrialResult& trial) {
      for (const EpisodeScores& s : trial.cells[0].scores) seen.emplace(s.lens, s.model);
    });
    for (const std::string& lens : plan_.lenses) {
      for (const std::string& model : plan_.models) {
        if (seen.count({lens, model})) matched_.views.push_back({lens, model});
      }
    }
    each_finished([&](std::size_t row, std::size_t split, const TrialResult& trial) {
      for (const CellResult& cell : trial.cells) {
        for (const ScoreView& view : matched_.views) {
          if (find_scores(cell, view)) continue;
          return drop(row, split,
                      fmt::format("contradicts other trials: no scores under {} in cell '{}'", view.name(),
                                  cell.cell));
        }
      }
    });
  }

  template <typename Visit>
  void each_finished(const Visit& visit) {
    for (std::size_t row = 0; row < plan_.rows.size(); ++row) {
      for (std::size_t split = 0; split < plan_.splits.size(); ++split) {
        if (const TrialResult* trial = matched_.finished(row, split)) visit(row, split, *trial);
      }
    }
  }

  const ReportPlan& plan_;
  MatchedTrials matched_;
};

}  // namespace

MatchedTrials match_trials(const ReportPlan& plan, const StoreContents& contents) {
  return Matcher(plan, contents).take();
}

const EpisodeScores& scores_of(const CellResult& cell, const ScoreView& view) {
  return *find_scores(cell, view);
}

const CellResult& cell_of(const TrialResult& trial, const std::string& name) {
  return *find_cell(trial, name);
}

}  // namespace offload
