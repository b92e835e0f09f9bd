#include "verify/tuning/tuning_again.hpp"

#include <fmt/format.h>

#include <optional>

#include "core/counted.hpp"
#include "plugin/info.hpp"
#include "trial/tuning.hpp"
#include "verify/recompute.hpp"

namespace offload {
namespace {

std::optional<double> number_of(const ParameterValue& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return std::nullopt;
}

bool same_value(const ParameterValue& a, const ParameterValue& b) {
  return a == b || (number_of(a) && number_of(a) == number_of(b));
}

class TuningCheck {
 public:
  TuningCheck(const TrialResult& trial, std::vector<Disagreement>& wrong) : trial_(trial), wrong_(wrong) {}

  void require(bool right, const std::string& place, const std::string& stored, const std::string& planned) {
    if (!right)
      wrong_.push_back({name_of<TrialResult>(trial_.key), "/trial/tuning" + place, stored, planned});
  }

 private:
  const TrialResult& trial_;
  std::vector<Disagreement>& wrong_;
};

// What a candidate of the row is trained for where it does not fail.
struct PlannedSteps {
  std::int64_t least = 0;
  std::optional<std::int64_t> most;  // none where it is not known how many slots the plugin asks for
};

PlannedSteps planned_steps(const Plan& plan, std::size_t row) {
  const TrainingSettings& training = plan.experiment.suite.rows[row].training;
  const PlannedPlugin& agent = plan.agents[row];
  if (!agent.learns) return {0, 0};
  const bool per_cell = training.budgets.kind == TrainingBudgets::Kind::per_cell;
  const auto trainings = per_cell ? static_cast<std::int64_t>(plan.experiment.cells.size()) : 1;
  const std::int64_t slots = training.slots > 0 ? training.slots : agent.slots;
  if (slots == 0) return {training.steps * trainings, std::nullopt};
  const std::int64_t steps = (training.steps + slots - 1) / slots * slots * trainings;
  return {steps, steps};
}

void check_candidate(const TunedCandidate& stored, const Candidate& planned, std::size_t index,
                     const PlannedSteps& steps, std::size_t cells, std::int64_t episodes,
                     TuningCheck& check) {
  const std::string place = fmt::format("/candidates/{}", index);
  check.require(stored.name == planned.name, place + "/name", stored.name, planned.name);
  bool same = stored.parameters.size() == planned.parameters.size();
  for (const auto& [key, parameter] : planned.parameters) {
    const auto found = stored.parameters.find(key);
    same = same && found != stored.parameters.end() && found->second == parameter.value;
  }
  check.require(same, place + "/parameters", "others", "those of " + planned.name);
  check.require(!steps.most || stored.steps <= *steps.most, place + "/steps", std::to_string(stored.steps),
                fmt::format("at most {}", steps.most.value_or(0)));
  if (!stored.failure.empty()) return;
  check.require(stored.reward.size() == cells, place + "/reward",
                fmt::format("{}", counted(stored.reward.size(), "cell")),
                fmt::format("{}", counted(cells, "cell")));
  check.require(stored.steps >= steps.least, place + "/steps", std::to_string(stored.steps),
                fmt::format("at least {}", steps.least));
  for (std::size_t c = 0; c < stored.violations.size(); ++c) {
    check.require(stored.violations[c] <= episodes, fmt::format("{}/violations/{}", place, c),
                  std::to_string(stored.violations[c]), fmt::format("at most {}", episodes));
  }
}

}  // namespace

void check_tuning(const Plan& plan, std::size_t row, const Split& split, const TrialResult& trial,
                  std::vector<Disagreement>& wrong) {
  const Experiment& experiment = plan.experiment;
  const RowSettings& settings = experiment.suite.rows[row];
  TuningCheck check(trial, wrong);
  check.require(trial.tuning.has_value() == !settings.candidates.empty(), "",
                trial.tuning ? "a sweep" : "no sweep", settings.candidates.empty() ? "no sweep" : "a sweep");
  if (!trial.tuning || settings.candidates.empty()) return;
  const TuningResult& tuning = *trial.tuning;
  check.require(tuning.candidates.size() == settings.candidates.size(), "/candidates",
                std::to_string(tuning.candidates.size()), std::to_string(settings.candidates.size()));
  if (tuning.candidates.size() != settings.candidates.size()) return;
  const auto episodes = static_cast<std::int64_t>(validation_split(experiment, split).test.size());
  for (std::size_t i = 0; i < tuning.candidates.size(); ++i)
    check_candidate(tuning.candidates[i], settings.candidates[i], i, planned_steps(plan, row),
                    experiment.cells.size(), episodes, check);
  check.require(tuning.validation_episodes == episodes, "/validation_episodes",
                std::to_string(tuning.validation_episodes), std::to_string(episodes));
  const auto best =
      best_candidate(tuning, experiment.suite.tuning.measure, experiment.suite.evaluation.max_violation_rate);
  check.require(best == tuning.chosen, "/chosen", std::to_string(tuning.chosen),
                best ? std::to_string(*best) : "none: all failed");
}

void take_tuned(const TrialResult& stored, ResolvedParameters& parameters) {
  for (const auto& [key, value] : stored.tuning->candidates[stored.tuning->chosen].parameters) {
    const auto found = stored.parameters.find(key);
    const bool same = found != stored.parameters.end() && same_value(found->second, value);
    parameters[key] = same ? found->second : value;
  }
}

}  // namespace offload
