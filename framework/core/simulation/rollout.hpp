// Scores a given sequence of decisions: what the environment would have returned for it, turn by turn. The
// common ground of evaluation under several lenses and models, of replay and of verification.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/simulation/reward_model.hpp"
#include "core/simulation/scenario.hpp"

namespace offload {

struct TurnOutcome {
  int action;
  double quality, association_raw, association, reward;
  Amounts total;  // of the episode after this turn, as it enters the report
};

// Scores `actions` [length of the episode] on the agent's own history. `raw_association` rewards the raw
// association in place of the normalised one (a quirk of the reference).
std::vector<TurnOutcome> score_decisions(const Scenario& scenario, const Outcomes& outcomes,
                                         RewardModel& reward, std::size_t episode,
                                         std::span<const std::uint16_t> actions, const Amounts& limit,
                                         bool raw_association);
// The same by a response model.
std::vector<TurnOutcome> score_decisions(const Scenario& scenario, const ResponseModel& responses,
                                         RewardModel& reward, std::size_t episode,
                                         std::span<const std::uint16_t> actions, const Amounts& limit,
                                         bool raw_association);

// In a world outcomes are looked up: this lens, and this name in the place of a response model's.
inline constexpr const char* kTableLens = "table";
inline constexpr const char* kExactModel = "exact";
// Of a suite alone, which asks by it for verdicts from a simulated log beside what the table says.
inline constexpr const char* kSimulatedLogLens = "simulated_log";

// What scores each test episode under a lens (environment.md 5). "simulator" is one response model of the
// training split (or, under a quirk, of the whole test split); "held_out" is, for each test episode, one of
// all other test episodes, without its copies: an episode may be drawn twice, or be in the data twice.
// "table", with the model "exact", is a world's table.
class Lens {
 public:
  // Throws Error(config) for an unknown name, for held_out where all test episodes are copies of one, and for
  // what a scenario with or without known outcomes does not have.
  Lens(const std::string& lens, const std::string& model, const Scenario& scenario,
       std::span<const std::uint32_t> train, std::span<const std::uint32_t> test, const Truth& truth);
  // The model for the i-th test episode; not of a world.
  const ResponseModel& of(std::size_t i) const { return *models_[models_.size() == 1 ? 0 : i]; }
  // What that episode's answers come to.
  const Outcomes& outcomes(std::size_t i) const {
    if (world_ != nullptr) return *world_;
    return outcomes_[outcomes_.size() == 1 ? 0 : i];
  }

 private:
  void add(std::unique_ptr<ResponseModel> model, const Scenario& scenario);

  std::vector<std::unique_ptr<ResponseModel>> models_;
  std::vector<ModelOutcomes> outcomes_;  // of models_
  const TableOutcomes* world_;
};

}  // namespace offload
