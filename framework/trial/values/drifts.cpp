#include "trial/values/drifts.hpp"

namespace offload {

Drifts::Drifts(const Experiment& experiment, const Split& split, std::span<const std::uint32_t> tests,
               RewardModel& reward)
    : experiment_(experiment) {
  for (std::size_t d = 0; d < experiment.drifted.size(); ++d) {
    const Scenario& scenario = experiment.drifted_of(split, d);
    places_.push_back({&scenario, Scoring(experiment, scenario, split, tests, reward)});
  }
}

CellResult Drifts::replayed(std::size_t drift, std::size_t cell,
                            const std::vector<std::vector<std::uint16_t>>& decisions,
                            const std::optional<CellMargin>& margin) const {
  CellResult result = places_[drift].scoring.replayed(cell, decisions, margin);
  result.margin.reset();  // it stands at home
  return result;
}

void Drifts::score(std::span<TrialResult* const> trials) {
  for (std::size_t d = 0; d < places_.size(); ++d) {
    std::vector<std::vector<CellResult>*> cells;
    for (TrialResult* trial : trials) cells.push_back(&trial->drifts[d].cells);
    try {
      places_[d].scoring.score(cells);
    } catch (const Error& error) {
      throw Error(error.kind(),
                  fmt::format("drift '{}', {}", printable(experiment_.suite.evaluation.drifts[d].name),
                              error.what()));
    }
  }
}

}  // namespace offload
