#include "report/figures/figures.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/statistics/aggregates.hpp"

namespace offload {
namespace {

double ratio(double sum, std::int64_t count) { return count > 0 ? sum / static_cast<double>(count) : kNan; }

double limit_of(const ReportCell& cell, std::size_t budget) {
  return budget == 0 ? cell.latency_s : cell.cost_usd;
}

void add(TestSums& sums, const TestSums& more) {
  for (std::size_t k = 0; k < 2; ++k) {
    sums.total[k] += more.total[k];
    sums.excess[k] += more.excess[k];
    sums.most[k] = std::max(sums.most[k], more.most[k]);
    sums.reference[k] += more.reference[k];
    sums.violations[k] += more.violations[k];
  }
  sums.joint += more.joint;
  sums.infeasible += more.infeasible;
  sums.departed += more.departed;
  sums.runs += more.runs;
}

void set_consumption(CellFigures& figures, const ReportCell& planned, const TestSums& sums) {
  for (std::size_t k = 0; k < 2; ++k) {
    figures.per_episode[k] = ratio(sums.total[k], figures.tests);
    figures.per_turn[k] = ratio(sums.total[k], figures.turns);
    BudgetFigures& budget = figures.budget[k];
    budget.violation = violation_rate(sums.violations[k], figures.tests);
    budget.excess = {ratio(sums.excess[k], figures.tests), ratio(sums.excess[k], sums.violations[k]),
                     sums.most[k], ratio(sums.reference[k], sums.runs)};
    const double limit = limit_of(planned, k);
    budget.utilisation = std::isinf(limit) || limit == 0 ? kNan : figures.per_episode[k] / limit;
  }
  figures.joint = violation_rate(sums.joint, figures.tests);
  figures.infeasible = sums.infeasible;
  figures.departed = sums.departed;
}

ScoreFigures score_figures(const MatchedTrials& matched, std::size_t row, std::size_t cell,
                           const ScoreView& view, std::int64_t tests) {
  ScoreFigures figures;
  double reward = 0, quality = 0, association = 0;
  for (std::size_t split = 0; split < matched.trials.splits(); ++split) {
    const CondensedTrial* trial = matched.finished(row, split);
    figures.run_reward.push_back(kNan);
    if (!trial) continue;
    const EpisodeScores& scores = scores_of(trial->cells[cell], view);
    figures.run_reward.back() = mean_of(scores.reward);
    for (const double r : scores.reward) reward += r;
    for (const double q : scores.quality) quality += q;
    for (const double a : scores.association) association += a;
  }
  figures.reward = ratio(reward, tests);
  figures.quality = ratio(quality, tests);
  figures.association = ratio(association, tests);
  figures.interval = {kNan, kNan};
  return figures;
}

TaskFigures task_figures(const ReportPlan& plan, const MatchedTrials& matched, std::size_t row, std::size_t c,
                         std::size_t task) {
  TaskFigures figures;
  figures.action_count.assign(plan.consumption.size(), 0);
  figures.view.resize(matched.views.size());
  for (std::size_t split = 0; split < plan.splits.size(); ++split) {
    for (TaskFigures::View& view : figures.view) view.run_reward.push_back(kNan);
    const CondensedTrial* trial = matched.finished(row, split);
    if (!trial) continue;
    const CondensedCell& cell = trial->cells[c];
    std::int64_t turns = 0;
    for (std::size_t a = 0; a < figures.action_count.size(); ++a) {
      figures.action_count[a] += cell.task_actions[task][a];
      turns += cell.task_actions[task][a];
    }
    figures.turns += turns;
    for (std::size_t v = 0; v < matched.views.size(); ++v) {
      const EpisodeScores& scores = scores_of(cell, matched.views[v]);
      figures.view[v].reward += scores.task_reward[task];
      figures.view[v].quality += scores.task_quality[task];
      figures.view[v].run_reward.back() = ratio(scores.task_reward[task], turns);
    }
  }
  for (TaskFigures::View& view : figures.view) {
    view.reward = ratio(view.reward, figures.turns);
    view.quality = ratio(view.quality, figures.turns);
  }
  return figures;
}

CellFigures cell_figures(const ReportPlan& plan, const MatchedTrials& matched, std::size_t row,
                         std::size_t c) {
  CellFigures figures;
  figures.action_count.assign(plan.consumption.size(), 0);
  std::set<std::int64_t> episodes;
  TestSums sums;
  for (std::size_t split = 0; split < plan.splits.size(); ++split) {
    const CondensedTrial* trial = matched.finished(row, split);
    if (!trial) continue;
    const CondensedCell& cell = trial->cells[c];
    ++figures.runs;
    figures.tests += static_cast<std::int64_t>(cell.violated.size());
    figures.masked_actions += cell.masked_actions;
    episodes.insert(trial->episode_ids->begin(), trial->episode_ids->end());
    figures.turns += cell.turns;
    for (std::size_t a = 0; a < cell.action_count.size(); ++a)
      figures.action_count[a] += cell.action_count[a];
    add(sums, cell.sums);
    if (cell.margin) figures.margin.push_back(*cell.margin);
  }
  figures.episodes = static_cast<std::int64_t>(episodes.size());
  set_consumption(figures, plan.cells[c], sums);
  for (const ScoreView& view : matched.views) {
    figures.view.push_back(score_figures(matched, row, c, view, figures.tests));
  }
  for (std::size_t task = 0; task < plan.tasks.size(); ++task) {
    figures.task.push_back(task_figures(plan, matched, row, c, task));
  }
  return figures;
}

double median(std::vector<double> values) {
  std::erase_if(values, [](double v) { return std::isnan(v); });
  return quantile(values, .5);
}

RowTiming timing_of(const std::vector<const CondensedTrial*>& trials) {
  const auto middle = [&](double TrialTiming::*member) {
    std::vector<double> values;
    for (const CondensedTrial* trial : trials) values.push_back(trial->timing.*member);
    return median(values);
  };
  RowTiming timing;
  timing.act_p50_us = middle(&TrialTiming::act_p50_us);
  timing.act_p95_us = middle(&TrialTiming::act_p95_us);
  timing.act_p99_us = middle(&TrialTiming::act_p99_us);
  timing.update_us = middle(&TrialTiming::update_mean_us);
  timing.steps_per_s = middle(&TrialTiming::environment_steps_per_s);
  timing.load_s = middle(&TrialTiming::load_s);
  timing.train_s = middle(&TrialTiming::train_s);
  timing.evaluate_s = middle(&TrialTiming::evaluate_s);
  for (const CondensedTrial* trial : trials) {
    timing.wall_s += trial->timing.wall_s;
    timing.cpu_s += trial->timing.cpu_s;
    timing.tune_cpu_s += trial->timing.tune_cpu_s;
    timing.peak_memory_mb = std::max(timing.peak_memory_mb, trial->timing.peak_memory_mb);
  }
  return timing;
}

std::vector<Curve> curves_of(const std::vector<const CondensedTrial*>& trials) {
  std::map<std::string, std::map<std::int64_t, std::vector<double>>> values;
  for (const CondensedTrial* trial : trials) {
    for (const CurvePoint& point : trial->training.curve) {
      for (const auto& [name, value] : point.values) values[name][point.step].push_back(value);
    }
  }
  std::vector<Curve> curves;
  for (const auto& [name, steps] : values) {
    Curve curve{name, {}};
    for (const auto& [step, runs] : steps) {
      const auto [min, max] = std::minmax_element(runs.begin(), runs.end());
      curve.points.push_back({step, static_cast<std::int64_t>(runs.size()), mean_of(runs), *min, *max});
    }
    curves.push_back(std::move(curve));
  }
  return curves;
}

// Adds one run's sweep. Runs of one row have the same candidates.
void add(RowFigures& figures, const TuningResult& tuning) {
  figures.candidates.resize(tuning.candidates.size());
  for (std::size_t i = 0; i < tuning.candidates.size(); ++i) {
    const TunedCandidate& tried = tuning.candidates[i];
    CandidateFigures& candidate = figures.candidates[i];
    candidate.name = tried.name;
    candidate.chosen += i == tuning.chosen;
    candidate.failed += !tried.failure.empty();
    candidate.reward += tried.failure.empty() ? mean_of(tried.reward) : 0;
    if (!tried.failure.empty()) candidate.failure = tried.failure;
    figures.tuning_steps += tried.steps;
  }
}

// What the sweep chose differs from run to run, and is no parameter of the row.
void set_tuning(RowFigures& figures, const std::vector<const CondensedTrial*>& finished) {
  std::int64_t runs = 0;
  for (const CondensedTrial* trial : finished) {
    for (const std::string& name : trial->training.not_finite) ++figures.not_finite[name];
    if (!trial->tuning) continue;
    ++runs;
    add(figures, *trial->tuning);
    for (const auto& [key, value] : trial->tuning->candidates.front().parameters)
      figures.parameters.erase(key);
  }
  for (CandidateFigures& candidate : figures.candidates)
    candidate.reward = ratio(candidate.reward, runs - candidate.failed);
}

}  // namespace

ViolationRate violation_rate(std::int64_t count, std::int64_t of) {
  return {count, of, ratio(static_cast<double>(count), of), {0, 1}};
}

RowFigures row_figures(const ReportPlan& plan, const MatchedTrials& matched, std::size_t row) {
  RowFigures figures;
  figures.row = plan.rows[row];
  std::vector<const CondensedTrial*> finished;
  for (std::size_t split = 0; split < plan.splits.size(); ++split) {
    if (!matched.trials.head(row, split).present) continue;
    const CondensedTrial* trial = &matched.trials.trial(row, split);
    if (figures.plugin_version.empty()) {
      figures.plugin_version = trial->origin->plugin_version;
      figures.plugin_sha256 = trial->origin->plugin_sha256;
      figures.parameters = trial->origin->parameters;
    }
    figures.failed += trial->status == TrialStatus::failed;
    if (trial->status == TrialStatus::ok) finished.push_back(trial);
  }
  figures.planned = plan.trials.count_of_row(figures.row.name);
  figures.finished = finished.size();
  for (const CondensedTrial* trial : finished) {
    add_counts(trial->training, figures.training);
    figures.fresh_copies = figures.fresh_copies && trial->copies != EvaluationCopies::none;
  }
  set_tuning(figures, finished);
  figures.curves = curves_of(finished);
  figures.timing = timing_of(finished);
  if (figures.finished > 0) {
    figures.status = figures.finished == plan.splits.size() ? RowStatus::complete : RowStatus::incomplete;
  } else {
    figures.status = figures.failed > 0 ? RowStatus::failed : RowStatus::pending;
  }
  for (std::size_t c = 0; c < plan.cells.size(); ++c) {
    figures.cell.push_back(cell_figures(plan, matched, row, c));
  }
  return figures;
}

TrialLine Report::head(std::size_t trial) const {
  const auto [row, split] = matched->place[trial];
  const TrialHead& head = matched->trials.head(row, split);
  if (head.present && head.status == TrialStatus::failed) return line(trial);
  TrialLine line;
  line.planned = plan.trials[trial];
  if (!head.present) return line;
  line.present = true;
  line.seed = head.seed;
  line.origin = head.origin;
  line.episodes = head.episode_ids->size();
  return line;
}

TrialLine Report::line(std::size_t trial) const {
  TrialLine line;
  line.planned = plan.trials[trial];
  const auto [row, split] = matched->place[trial];
  if (!matched->trials.head(row, split).present) return line;
  CondensedTrial stored = matched->trials.unpacked(row, split);
  line.present = true;
  line.status = stored.status;
  line.seed = stored.seed;
  line.failure = std::move(stored.failure);
  line.timing = stored.timing;
  line.origin = std::move(stored.origin);
  if (stored.status == TrialStatus::failed) return line;
  line.episodes = stored.episode_ids->size();
  line.curve = std::move(stored.training.curve);
  for (const CondensedCell& cell : stored.cells) {
    const TestSums& sums = cell.sums;
    TrialCell figures{cell.mean[0],    cell.mean[1],  sums.violations,     sums.joint,
                      sums.infeasible, sums.departed, cell.masked_actions, {}};
    for (const ScoreView& view : views) {
      const EpisodeScores& s = scores_of(cell, view);
      figures.view.push_back({mean_of(s.reward), mean_of(s.quality), mean_of(s.association)});
    }
    line.cell.push_back(std::move(figures));
  }
  return line;
}

bool Report::has_curve(std::size_t trial) const {
  const auto [row, split] = matched->place[trial];
  return matched->trials.head(row, split).has_curve;
}

std::size_t Report::of_status(TrialStatus status) const {
  std::size_t count = 0;
  for (const auto& [row, split] : matched->place) {
    const TrialHead& head = matched->trials.head(row, split);
    count += head.present && head.status == status;
  }
  return count;
}

}  // namespace offload
