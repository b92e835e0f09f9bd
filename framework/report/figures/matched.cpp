#include "report/figures/matched.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "core/error.hpp"

namespace offload {
namespace {

const EpisodeScores* find_scores(const CondensedCell& cell, const ScoreView& view) {
  const auto found = std::ranges::find_if(
      cell.scores, [&](const EpisodeScores& s) { return s.lens == view.lens && s.model == view.model; });
  return found == cell.scores.end() ? nullptr : &*found;
}

std::map<std::string, std::size_t> positions(const std::vector<std::string>& names) {
  std::map<std::string, std::size_t> result;
  for (std::size_t i = 0; i < names.size(); ++i) result[names[i]] = i;
  return result;
}

// The same object for values that agree with the last ones.
template <typename T>
void share(std::shared_ptr<const T>& value, std::shared_ptr<const T>& last) {
  if (last && *last == *value) {
    value = last;
  } else {
    last = value;
  }
}

}  // namespace

TrialMatcher::TrialMatcher(const ReportPlan& plan) : plan_(plan) {
  std::vector<std::string> names;
  for (const ReportRow& row : plan.rows) names.push_back(row.name);
  const auto rows = positions(names), splits = positions(plan.splits);
  planned_.reserve(plan.trials.size());
  for (const PlannedTrial& p : plan.trials) planned_[p.key] = {rows.at(p.row), splits.at(p.split)};
  matched_.trial.resize(plan.rows.size());
  for (auto& row : matched_.trial) row.resize(plan.splits.size());
  matched_.episode_ids.resize(plan.splits.size());
  origin_.resize(plan.rows.size());
  episode_ids_.resize(plan.splits.size());
}

void TrialMatcher::add(TrialResult trial) {
  const auto found = planned_.find(trial.key);
  if (found == planned_.end()) {
    leave_out(trial.key, "foreign: the suite plans no trial with this key");
    matched_.left_out.back().of_another_plan = true;
    return;
  }
  const auto [row, split] = found->second;
  if (trial.row != plan_.rows[row].name || trial.split != plan_.splits[split]) {
    return leave_out(trial.key, "foreign: the suite plans another row and split for this key");
  }
  if (const std::string reason = contradiction(plan_, trial); !reason.empty()) {
    return leave_out(trial.key, "contradicts the suite: " + reason);
  }
  auto place = std::make_unique<CondensedTrial>(condensed(plan_, std::move(trial)));
  share(place->origin, origin_[row]);
  share(place->episode_ids, episode_ids_[split]);
  matched_.trial[row][split] = std::move(place);
}

const std::string& TrialMatcher::row_of(const std::string& key) const {
  return plan_.rows[planned_.at(key).row].name;
}

MatchedTrials TrialMatcher::take(std::vector<LeftOut> left_out) {
  matched_.left_out.insert(matched_.left_out.begin(), left_out.begin(), left_out.end());
  agree_on_episodes();
  agree_on_views();
  std::ranges::stable_sort(matched_.left_out, {}, &LeftOut::file);
  return std::move(matched_);
}

void TrialMatcher::leave_out(const std::string& key, std::string reason) {
  matched_.left_out.push_back({"trials/" + key + ".json", std::move(reason)});
}

void TrialMatcher::drop(std::size_t row, std::size_t split, const std::string& reason) {
  leave_out(matched_.trial[row][split]->key, reason);
  matched_.trial[row][split].reset();
}

// The episodes of a split are those of the first row in the suite's order that finished it.
void TrialMatcher::agree_on_episodes() {
  for (std::size_t split = 0; split < plan_.splits.size(); ++split) {
    auto& ids = matched_.episode_ids[split];
    for (std::size_t row = 0; row < plan_.rows.size(); ++row) {
      const CondensedTrial* trial = matched_.finished(row, split);
      if (!trial) continue;
      if (ids.empty()) ids = *trial->episode_ids;
      if (ids != *trial->episode_ids) drop(row, split, "contradicts another row: other test episodes");
    }
  }
}

// A view counts when any finished trial has it; a trial without it in some cell cannot be compared.
void TrialMatcher::agree_on_views() {
  std::set<std::pair<std::string, std::string>> seen;
  each_finished([&](std::size_t, std::size_t, const CondensedTrial& trial) {
    for (const EpisodeScores& s : trial.cells[0].scores) {
      if (!seen.contains({s.lens, s.model})) seen.emplace(s.lens, s.model);
    }
  });
  for (const std::string& lens : plan_.lenses) {
    for (const std::string& model : plan_.models) {
      if (seen.contains({lens, model})) matched_.views.push_back({lens, model});
    }
  }
  each_finished([&](std::size_t row, std::size_t split, const CondensedTrial& trial) {
    const auto lacks = [&](const std::vector<CondensedCell>& cells, const std::string& after) {
      for (std::size_t c = 0; c < cells.size(); ++c) {
        for (const ScoreView& view : matched_.views) {
          if (find_scores(cells[c], view)) continue;
          drop(row, split,
               fmt::format("contradicts other trials: no scores under {} in cell '{}'{}", view.name(),
                           plan_.cells[c].name, after));
          return true;
        }
      }
      return false;
    };
    if (lacks(trial.cells, "")) return;
    for (std::size_t d = 0; d < trial.drifts.size(); ++d) {
      if (lacks(trial.drifts[d], fmt::format(" after drift '{}'", plan_.drifts[d].name))) return;
    }
  });
}

template <typename Visit>
void TrialMatcher::each_finished(const Visit& visit) const {
  for (std::size_t row = 0; row < plan_.rows.size(); ++row) {
    for (std::size_t split = 0; split < plan_.splits.size(); ++split) {
      if (const CondensedTrial* trial = matched_.finished(row, split)) visit(row, split, *trial);
    }
  }
}

const EpisodeScores& scores_of(const CondensedCell& cell, const ScoreView& view) {
  return *find_scores(cell, view);
}

MatchedResults match_results(const ReportPlan& plan, const ResultSource& source, const JoinedKeys& joined) {
  TrialMatcher trials(plan);
  MatchedResults results;
  ResultVisitor visitor;
  visitor.trial = [&](TrialResult trial) {
    if (joined.passed_over.contains(trial.key)) return;
    const auto stored = joined.stored_row.find(trial.key);
    if (stored != joined.stored_row.end() && trial.row == stored->second)
      trial.row = trials.row_of(trial.key);
    trials.add(std::move(trial));
  };
  visitor.reference = [&](ReferenceResult reference) {
    if (!joined.passed_over.contains(reference.key)) results.references.push_back(std::move(reference));
  };
  std::vector<LeftOut> left_out = source(visitor);
  std::ranges::sort(results.references, {}, &ReferenceResult::key);
  results.trials = trials.take(std::move(left_out));
  return results;
}

}  // namespace offload
