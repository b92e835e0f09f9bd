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
std::vector<TurnOutcome> score_decisions(const Scenario& scenario, const ResponseModel& responses,
                                         RewardModel& reward, std::size_t episode,
                                         std::span<const std::uint16_t> actions, const Amounts& limit,
                                         bool raw_association);

// The response model that scores each test episode under a lens (environment.md 5): "simulator" is one model
// of the training split (or, under a quirk, of the whole test split); "held_out" is, for each test episode,
// one of all other test episodes, without its copies: an episode may be drawn twice, or be in the data twice.
class Lens {
 public:
  // Throws Error(config) for an unknown name and for held_out where all test episodes are copies of one.
  Lens(const std::string& lens, const std::string& model, const Scenario& scenario,
       std::span<const std::uint32_t> train, std::span<const std::uint32_t> test, const Truth& truth);
  // The model for the i-th test episode.
  const ResponseModel& of(std::size_t i) const { return *models_[models_.size() == 1 ? 0 : i]; }

 private:
  std::vector<std::unique_ptr<ResponseModel>> models_;
};

}  // namespace offload
