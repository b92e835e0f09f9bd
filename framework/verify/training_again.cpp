#include "verify/training_again.hpp"

#include <fmt/format.h>
#include <offload/random.hpp>

#include <algorithm>
#include <limits>

#include "core/counted.hpp"
#include "trial/checkpoint.hpp"
#include "trial/training_source.hpp"
#include "verify/recompute.hpp"

namespace offload {
namespace {

// How often something happened, from what has to be to what can be.
struct Range {
  std::int64_t least = 0, most = 0;
};

struct TrainingBounds {
  std::int64_t steps = 0, episodes = 0;
  Range latency, cost, joint, gradient_steps;
  std::vector<std::int64_t> points;  // steps of the learning curve
};

// One training of a row in a cell, its episodes one after the other as its slots become free.
class Training {
 public:
  Training(const Experiment& experiment, const RowSettings& row, const Split& split, int slots,
           TrainingBounds& bounds)
      : experiment_(experiment),
        scenario_(experiment.scenario_of(split)),
        row_(row),
        split_(split),
        slots_(slots),
        bounds_(bounds) {}

  void run(const BudgetCell& cell);

 private:
  struct Extremes {
    Amounts least{}, most{};
  };
  Extremes of_turn(std::size_t turn) const;
  Extremes of_episode(std::uint32_t episode) const;
  void finish(const EpisodeStart& start);
  std::uint64_t seed() const {
    const std::uint64_t own = split_.stream_of(experiment_.suite.seed);
    if (row_.checkpoint.empty()) return own;
    const std::int64_t before = read_checkpoint(row_.checkpoint).steps;
    return before > 0 ? stream(own, before) : own;
  }

  const Experiment& experiment_;
  const Scenario& scenario_;
  const RowSettings& row_;
  const Split& split_;
  int slots_;
  TrainingBounds& bounds_;
};

// What any action takes at a turn.
Training::Extremes Training::of_turn(std::size_t turn) const {
  // A simulated log's arms take what is declared of them.
  const TableOutcomes* world = experiment_.learns_from_log(row_) ? nullptr : scenario_.world();
  Extremes extremes{{std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max()}, {}};
  for (int a = 0; a < scenario_.actions().size(); ++a) {
    if (world != nullptr && !world->table().is_known(turn, static_cast<std::size_t>(a))) continue;
    const Amounts taken = world ? world->at(turn, a).amounts : scenario_.consumption().of_action(a);
    for (std::size_t k = 0; k < kResources; ++k) {
      extremes.least[k] = std::min(extremes.least[k], taken[k]);
      extremes.most[k] = std::max(extremes.most[k], taken[k]);
    }
  }
  return extremes;
}

Training::Extremes Training::of_episode(std::uint32_t episode) const {
  const int length = scenario_.data().length(episode);
  const int counted =
      scenario_.compat().totals_within_window ? std::min(length, scenario_.layout().window() + 1) : length;
  Extremes sum;
  for (int t = 0; t < counted; ++t) {
    const Extremes turn = of_turn(scenario_.data().turn(episode, t));
    for (std::size_t k = 0; k < kResources; ++k) {
      sum.least[k] += turn.least[k];
      sum.most[k] += turn.most[k];
    }
  }
  return sum;
}

void Training::finish(const EpisodeStart& start) {
  const Extremes taken = of_episode(start.episode);
  bool always = false, ever = false;
  Range* const ranges[kResources] = {&bounds_.latency, &bounds_.cost};
  for (std::size_t k = 0; k < kResources; ++k) {
    if (start.limit[k] == kUnlimited) continue;
    const bool must = taken.least[k] > start.limit[k], may = taken.most[k] > start.limit[k];
    ranges[k]->least += must;
    ranges[k]->most += may;
    always = always || must;
    ever = ever || may;
  }
  bounds_.joint.least += always;
  bounds_.joint.most += ever;
  ++bounds_.episodes;
}

void Training::run(const BudgetCell& cell) {
  const TrainingSettings& settings = row_.training;
  TrainingSource source(scenario_, split_.train, settings.budgets, cell, seed());
  const std::int64_t batches = (settings.steps + slots_ - 1) / slots_;
  std::vector<EpisodeStart> running(static_cast<std::size_t>(slots_));
  std::vector<int> left(running.size());
  const auto begin = [&](std::size_t slot) {
    source.next(static_cast<int>(slot), running[slot]);
    left[slot] = scenario_.data().length(running[slot].episode);
  };
  for (std::size_t slot = 0; slot < running.size(); ++slot) begin(slot);
  std::int64_t next_point = settings.curve_every;
  for (std::int64_t batch = 1; batch <= batches; ++batch) {
    for (std::size_t slot = 0; slot < running.size(); ++slot) {
      if (--left[slot] > 0) continue;
      finish(running[slot]);
      begin(slot);
    }
    if (settings.curve_every == 0 || batch * slots_ < next_point) continue;
    bounds_.points.push_back(batch * slots_);
    next_point += settings.curve_every;
  }
  bounds_.steps += batches * slots_;
}

class Check {
 public:
  Check(const TrialResult& trial, std::vector<Disagreement>& wrong) : trial_(trial), wrong_(wrong) {}

  void counts(const TrainingBounds& bounds) {
    const TrainingResult& t = trial_.training;
    within("steps", t.steps, {bounds.steps, bounds.steps});
    within("episodes", t.episodes, {bounds.episodes, bounds.episodes});
    within("latency_violations", t.latency_violations, bounds.latency);
    within("cost_violations", t.cost_violations, bounds.cost);
    within("joint_violations", t.joint_violations, bounds.joint);
    within("gradient_steps", t.gradient_steps, bounds.gradient_steps);
  }

  void curve(const TrainingBounds& bounds, const std::vector<BudgetCell>& cells) {
    const std::vector<CurvePoint>& curve = trial_.training.curve;
    if (curve.size() != bounds.points.size())
      return add("curve", counted(curve.size(), "point"), counted(bounds.points.size(), "point"));
    for (std::size_t i = 0; i < curve.size(); ++i) {
      within(fmt::format("curve/{}/step", i), curve[i].step, {bounds.points[i], bounds.points[i]});
      for (const BudgetCell& cell : cells) {
        if (!curve[i].values.contains("reward/" + cell.name))
          add(fmt::format("curve/{}/values/reward~1{}", i, cell.name), "nothing", "a reward");
      }
    }
  }

 private:
  void within(const std::string& name, std::int64_t stored, const Range& range) {
    if (stored >= range.least && stored <= range.most) return;
    add(name, std::to_string(stored),
        range.least == range.most ? std::to_string(range.least)
                                  : fmt::format("{} to {}", range.least, range.most));
  }
  void add(const std::string& name, std::string stored, std::string planned) {
    wrong_.push_back(
        {name_of<TrialResult>(trial_.key), "/trial/training/" + name, std::move(stored), std::move(planned)});
  }

  const TrialResult& trial_;
  std::vector<Disagreement>& wrong_;
};

}  // namespace

void check_training(const Plan& plan, std::size_t row, const Split& split, const TrialResult& trial,
                    std::vector<Disagreement>& wrong) {
  const Experiment& experiment = plan.experiment;
  const RowSettings& settings = experiment.suite.rows[row];
  const int slots = settings.training.slots > 0 ? settings.training.slots : plan.agents[row].slots;
  TrainingBounds bounds;
  const bool trains = plan.agents[row].learns && settings.training.steps > 0;
  // How many slots a plugin asks for is not known where it must not run.
  if (trains && slots == 0) return;
  if (trains) {
    Training training(experiment, settings, split, slots, bounds);
    const bool per_cell = settings.training.budgets.kind == TrainingBudgets::Kind::per_cell;
    for (std::size_t c = 0; c < (per_cell ? experiment.cells.size() : 1); ++c)
      training.run(experiment.cells[c]);
    bounds.gradient_steps.most = std::numeric_limits<std::int64_t>::max();
  }
  Check check(trial, wrong);
  check.counts(bounds);
  check.curve(bounds, experiment.cells);
}

}  // namespace offload
