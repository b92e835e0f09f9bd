#include "report/figures/matched.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace offload {
namespace {

// By a name's number among the trials' where it is in the plan; of names of no trial any more, nowhere.
std::vector<std::uint32_t> positions(const std::vector<std::string>& names, const NumberedNames& numbered) {
  std::vector<std::uint32_t> result(numbered.size());
  for (std::uint32_t i = 0; i < names.size(); ++i) {
    if (const auto number = numbered.find(names[i])) result[*number] = i;
  }
  return result;
}

}  // namespace

bool MatchedTrials::has_finished(std::size_t row) const {
  for (std::size_t split = 0; split < trials.splits(); ++split) {
    if (has_finished(row, split)) return true;
  }
  return false;
}

TrialMatcher::TrialMatcher(const ReportPlan& plan)
    : plan_(plan),
      planned_(plan.trials),
      matched_{TrialStore(plan.rows.size(), plan.splits.size()), {}, {}, {}, {}, {}} {
  std::vector<std::string> names;
  for (const ReportRow& row : plan.rows) names.push_back(row.name);
  matched_.row = positions(names, plan.trials.rows());
  matched_.split = positions(plan.splits, plan.trials.splits());
  matched_.episode_ids.resize(plan.splits.size());
}

void TrialMatcher::add(TrialResult trial) {
  const auto found = planned_.find(trial.key);
  if (!found) {
    leave_out(trial.key, "foreign: the suite plans no trial with this key");
    matched_.left_out.back().of_another_plan = true;
    return;
  }
  const auto [row, split] = matched_.place(plan_, *found);
  if (trial.row != plan_.rows[row].name || trial.split != plan_.splits[split]) {
    return leave_out(trial.key, "foreign: the suite plans another row and split for this key");
  }
  if (const std::string reason = contradiction(plan_, trial); !reason.empty()) {
    return leave_out(trial.key, "contradicts the suite: " + reason);
  }
  CondensedTrial kept = condensed(plan_, std::move(trial));
  const std::uint32_t views = kept.status == TrialStatus::ok ? views_of(kept) : 0;
  matched_.trials.put(row, split, std::move(kept), views);
}

const std::string& TrialMatcher::row_of(const std::string& key) const {
  return plan_.rows[matched_.place(plan_, planned_.find(key).value()).row].name;
}

MatchedTrials TrialMatcher::take(std::vector<LeftOut> left_out) {
  matched_.left_out.insert(matched_.left_out.begin(), left_out.begin(), left_out.end());
  agree_on_episodes();
  agree_on_views();
  matched_.trials.settle(matched_.views);
  std::ranges::stable_sort(matched_.left_out, {}, &LeftOut::file);
  return std::move(matched_);
}

void TrialMatcher::leave_out(const std::string& key, std::string reason) {
  matched_.left_out.push_back({"trials/" + key + ".json", std::move(reason)});
}

void TrialMatcher::drop(std::size_t row, std::size_t split, const std::string& reason) {
  const auto planned = plan_.trials.find(plan_.rows[row].name, plan_.splits[split]);
  leave_out(plan_.trials.key(planned.value()), reason);
  matched_.trials.drop(row, split);
}

// The episodes of a split are those of the first row in the suite's order that finished it.
void TrialMatcher::agree_on_episodes() {
  for (std::size_t split = 0; split < plan_.splits.size(); ++split) {
    auto& ids = matched_.episode_ids[split];
    for (std::size_t row = 0; row < plan_.rows.size(); ++row) {
      if (!matched_.has_finished(row, split)) continue;
      const auto& own = *matched_.trials.episodes(*matched_.trials.head(row, split)).ids;
      if (ids.empty()) ids = own;
      if (ids != own) drop(row, split, "contradicts another row: other test episodes");
    }
  }
}

std::uint32_t TrialMatcher::views_of(const CondensedTrial& trial) {
  CellViews views;
  const auto add = [&views](const std::vector<CondensedCell>& cells) {
    for (const CondensedCell& cell : cells) {
      auto& of_cell = views.emplace_back();
      for (const EpisodeScores& s : cell.scores) of_cell.push_back({s.lens, s.model});
    }
  };
  add(trial.cells);
  for (const auto& cells : trial.drifts) add(cells);
  for (const auto& cells : trial.natives) add(cells);
  const auto known = std::ranges::find(views_, views);
  if (known != views_.end()) return static_cast<std::uint32_t>(known - views_.begin());
  views_.push_back(std::move(views));
  return static_cast<std::uint32_t>(views_.size() - 1);
}

// Behind the name of the cell of the views `i`: at home, then drift by drift, then of the rows trained there.
std::string TrialMatcher::behind_cell(std::size_t i) const {
  const std::size_t block = i / plan_.cells.size(), drifts = plan_.drifts.size();
  if (block == 0) return {};
  if (block <= drifts) return fmt::format(" after drift '{}'", plan_.drifts[block - 1].name);
  std::size_t trained = block - drifts;
  for (const ReportDrift& drift : plan_.drifts) {
    if (drift.trained && --trained == 0) return fmt::format(" trained after drift '{}'", drift.name);
  }
  return {};
}

// Why a trial with these cannot be compared; empty when it can.
std::string TrialMatcher::lacking(const CellViews& views) const {
  for (std::size_t i = 0; i < views.size(); ++i) {
    for (const ScoreView& view : matched_.views) {
      if (std::ranges::count(views[i], view) > 0) continue;
      return fmt::format("contradicts other trials: no scores under {} in cell '{}'{}", view.name(),
                         plan_.cells[i % plan_.cells.size()].name, behind_cell(i));
    }
  }
  return {};
}

// A view counts when any finished trial has it; a trial without it in some cell cannot be compared.
void TrialMatcher::agree_on_views() {
  std::vector<bool> used(views_.size(), false);
  for (std::size_t row = 0; row < plan_.rows.size(); ++row) {
    for (std::size_t split = 0; split < plan_.splits.size(); ++split) {
      if (matched_.has_finished(row, split)) used[matched_.trials.head(row, split)->label] = true;
    }
  }
  for (const std::string& lens : plan_.lenses) {
    for (const std::string& model : plan_.models) {
      const ScoreView view{lens, model};
      for (std::size_t id = 0; id < views_.size(); ++id) {
        if (!used[id] || std::ranges::count(views_[id].front(), view) == 0) continue;
        matched_.views.push_back(view);
        break;
      }
    }
  }
  std::vector<std::string> reason;
  for (const CellViews& views : views_) reason.push_back(lacking(views));
  for (std::size_t row = 0; row < plan_.rows.size(); ++row) {
    for (std::size_t split = 0; split < plan_.splits.size(); ++split) {
      if (!matched_.has_finished(row, split)) continue;
      const std::string& why = reason[matched_.trials.head(row, split)->label];
      if (!why.empty()) drop(row, split, why);
    }
  }
}

MatchedResults match_results(const ReportPlan& plan, const ResultSource& source,
                             const StoredRows& stored_row) {
  TrialMatcher trials(plan);
  MatchedResults results;
  ResultVisitor visitor;
  visitor.trial = [&](TrialResult trial) {
    const auto stored = stored_row.find(trial.key);
    if (stored != stored_row.end() && trial.row == stored->second) trial.row = trials.row_of(trial.key);
    trials.add(std::move(trial));
  };
  visitor.reference = [&](ReferenceResult reference) { results.references.push_back(std::move(reference)); };
  std::vector<LeftOut> left_out = source(visitor);
  std::ranges::sort(results.references, {}, &ReferenceResult::key);
  results.trials = trials.take(std::move(left_out));
  return results;
}

}  // namespace offload
