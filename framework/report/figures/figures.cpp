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

// Of one trial's cell.
void add(CellFigures& figures, const CondensedCell& cell, const std::vector<ScoreView>& views) {
  ++figures.runs;
  figures.tests += static_cast<std::int64_t>(cell.violated.size());
  figures.masked_actions += cell.masked_actions;
  figures.turns += cell.turns;
  for (std::size_t a = 0; a < cell.action_count.size(); ++a) figures.action_count[a] += cell.action_count[a];
  if (cell.margin) figures.margin.push_back(*cell.margin);
  for (std::size_t v = 0; v < views.size(); ++v) {
    const EpisodeScores& scores = scores_of(cell, views[v]);
    for (const double r : scores.reward) figures.view[v].reward += r;
    for (const double q : scores.quality) figures.view[v].quality += q;
    for (const double a : scores.association) figures.view[v].association += a;
    for (std::size_t task = 0; task < figures.task.size(); ++task) {
      figures.task[task].view[v].reward += scores.task_reward[task];
      figures.task[task].view[v].quality += scores.task_quality[task];
    }
  }
  for (std::size_t task = 0; task < figures.task.size(); ++task) {
    for (std::size_t a = 0; a < figures.action_count.size(); ++a) {
      figures.task[task].action_count[a] += cell.task_actions[task][a];
      figures.task[task].turns += cell.task_actions[task][a];
    }
  }
}

// From sums to means.
void finish(CellFigures& figures) {
  for (ScoreFigures& view : figures.view) {
    view.reward = ratio(view.reward, figures.tests);
    view.quality = ratio(view.quality, figures.tests);
    view.association = ratio(view.association, figures.tests);
  }
  for (TaskFigures& task : figures.task) {
    for (TaskFigures::View& view : task.view) {
      view.reward = ratio(view.reward, task.turns);
      view.quality = ratio(view.quality, task.turns);
    }
  }
}

double median(std::vector<double> values) {
  std::erase_if(values, [](double v) { return std::isnan(v); });
  return quantile(values, .5);
}

RowTiming timing_of(const std::vector<TrialTiming>& trials) {
  const auto middle = [&](double TrialTiming::*member) {
    std::vector<double> values;
    for (const TrialTiming& trial : trials) values.push_back(trial.*member);
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
  for (const TrialTiming& trial : trials) {
    timing.wall_s += trial.wall_s;
    timing.cpu_s += trial.cpu_s;
    timing.tune_cpu_s += trial.tune_cpu_s;
    timing.peak_memory_mb = std::max(timing.peak_memory_mb, trial.peak_memory_mb);
  }
  return timing;
}

// By name and step what the runs have there.
using CurveValues = std::map<std::string, std::map<std::int64_t, std::vector<double>>>;

std::vector<Curve> curves_of(const CurveValues& values) {
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

// The figures of a row, whose trials are taken split by split.
class RowBuilder {
 public:
  RowBuilder(const ReportPlan& plan, const MatchedTrials& matched, std::size_t row)
      : plan_(plan), matched_(matched), sums_(plan.cells.size()) {
    figures_.row = plan.rows[row];
    figures_.planned = plan.trials.count_of_row(figures_.row.name);
    CellFigures cell;
    cell.action_count.assign(plan.consumption.size(), 0);
    cell.view.resize(matched.views.size());
    for (ScoreFigures& view : cell.view) view.interval = {kNan, kNan};
    TaskFigures task;
    task.action_count = cell.action_count;
    task.view.resize(matched.views.size());
    cell.task.assign(plan.tasks.size(), task);
    figures_.cell.assign(plan.cells.size(), cell);
  }

  void add(const CondensedTrial& trial) {
    if (figures_.plugin_version.empty()) {
      figures_.plugin_version = trial.origin->plugin_version;
      figures_.plugin_sha256 = trial.origin->plugin_sha256;
      figures_.parameters = trial.origin->parameters;
    }
    if (trial.status == TrialStatus::failed) {
      ++figures_.failed;
      return;
    }
    ++figures_.finished;
    add_counts(trial.training, figures_.training);
    figures_.fresh_copies = figures_.fresh_copies && trial.copies != EvaluationCopies::none;
    for (const std::string& name : trial.training.not_finite) ++figures_.not_finite[name];
    for (const CurvePoint& point : trial.training.curve) {
      for (const auto& [name, value] : point.values) curves_[name][point.step].push_back(value);
    }
    add_tuning(trial);
    timing_.push_back(trial.timing);
    episodes_.insert(trial.episode_ids->begin(), trial.episode_ids->end());
    for (std::size_t c = 0; c < figures_.cell.size(); ++c) {
      offload::add(figures_.cell[c], trial.cells[c], matched_.views);
      offload::add(sums_[c], trial.cells[c].sums);
    }
  }

  RowFigures take() {
    for (const std::string& name : tuned_) figures_.parameters.erase(name);
    for (CandidateFigures& candidate : figures_.candidates)
      candidate.reward = ratio(candidate.reward, tuned_runs_ - candidate.failed);
    figures_.curves = curves_of(curves_);
    figures_.timing = timing_of(timing_);
    if (figures_.finished > 0) {
      figures_.status =
          figures_.finished == plan_.splits.size() ? RowStatus::complete : RowStatus::incomplete;
    } else {
      figures_.status = figures_.failed > 0 ? RowStatus::failed : RowStatus::pending;
    }
    for (std::size_t c = 0; c < figures_.cell.size(); ++c) {
      figures_.cell[c].episodes = static_cast<std::int64_t>(episodes_.size());
      set_consumption(figures_.cell[c], plan_.cells[c], sums_[c]);
      finish(figures_.cell[c]);
    }
    return std::move(figures_);
  }

 private:
  // What the sweep chose differs from run to run, and is no parameter of the row.
  void add_tuning(const CondensedTrial& trial) {
    if (!trial.tuning) return;
    ++tuned_runs_;
    offload::add(figures_, *trial.tuning);
    for (const auto& [key, value] : trial.tuning->candidates.front().parameters) tuned_.insert(key);
  }

  const ReportPlan& plan_;
  const MatchedTrials& matched_;
  RowFigures figures_;
  std::vector<TestSums> sums_;       // [cells]
  std::set<std::int64_t> episodes_;  // different ids
  std::vector<TrialTiming> timing_;  // [finished]
  CurveValues curves_;
  std::int64_t tuned_runs_ = 0;
  std::set<std::string> tuned_;  // parameters
};

}  // namespace

ViolationRate violation_rate(std::int64_t count, std::int64_t of) {
  return {count, of, ratio(static_cast<double>(count), of), {0, 1}};
}

RowFigures row_figures(const ReportPlan& plan, const MatchedTrials& matched, std::size_t row) {
  RowBuilder builder(plan, matched, row);
  for (std::size_t split = 0; split < plan.splits.size(); ++split) {
    if (matched.trials.head(row, split) != nullptr) builder.add(matched.trials.unpacked(row, split));
  }
  return builder.take();
}

TrialLine Report::head(std::size_t trial) const {
  const auto [row, split] = matched->place(plan, trial);
  const TrialStore& trials = matched->trials;
  const TrialHead* const head = trials.head(row, split);
  if (head != nullptr && head->status == TrialStatus::failed) return line(trial);
  TrialLine line;
  line.planned = plan.trials[trial];
  if (head == nullptr) return line;
  line.present = true;
  line.seed = trials.episodes(*head).seed;
  line.origin = trials.origin(*head);
  line.episodes = trials.episodes(*head).ids->size();
  return line;
}

TrialLine Report::line(std::size_t trial) const {
  TrialLine line;
  line.planned = plan.trials[trial];
  const auto [row, split] = matched->place(plan, trial);
  if (matched->trials.head(row, split) == nullptr) return line;
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
  const auto [row, split] = matched->place(plan, trial);
  const TrialHead* const head = matched->trials.head(row, split);
  return head != nullptr && head->has_curve;
}

std::size_t Report::of_status(TrialStatus status) const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < plan.trials.size(); ++i) {
    const auto [row, split] = matched->place(plan, i);
    const TrialHead* const head = matched->trials.head(row, split);
    count += head != nullptr && head->status == status;
  }
  return count;
}

}  // namespace offload
