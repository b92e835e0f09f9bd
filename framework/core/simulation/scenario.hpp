// Everything about the environment that is fixed for a suite: data, actions, consumption, masks, observation
// layout, and which quirks of the reference are turned on (environment.md 9).
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/environment/budget.hpp"
#include "core/environment/episode.hpp"
#include "core/environment/observation.hpp"
#include "core/environment/profile.hpp"
#include "core/outcomes/outcomes.hpp"

namespace offload {

// One key per quirk of the reference; all off is OffloadBench's own environment.
struct Compat {
  // The state after a TRAINING step is the logged one, whatever the action.
  bool logged_next_state = false;
  // The evaluation model is fitted on the whole test split, the scored episode included.
  bool evaluation_model_on_test = false;
  // The EVALUATION reward adds the raw association.
  bool raw_evaluation_association = false;
  // Evaluation episodes are drawn with replacement.
  bool evaluation_with_replacement = false;
  // A TRAINING step after which a budget is exceeded earns 0.
  bool zero_reward_over_budget = false;
  // Only the first window + 1 turns enter an episode's totals.
  bool totals_within_window = false;
  ObservationKind observation = ObservationKind::offload;

  bool operator==(const Compat&) const = default;
};

// "none", "tmo-journal" or "tmo-conference"; throws Error(config) for anything else.
Compat compat_preset(const std::string& name);

struct ScenarioSettings {
  int window = 5;
  int turns_max = 0;  // 0: the longest episode of the data set
  ProfileSettings profile;
  Compat compat;
  WorldSettings world = {};  // where outcomes are known, in place of the profile
};

// What a scenario keeps of the one that it drifted from: the scale of rewards and, unless agents and masks
// see what turns take now, what those believe.
struct DriftFrom {
  const Consumption* home = nullptr;  // null: it is no drift
  bool sees_new = false;
};

// Immutable; the parts refer to each other, so it is made once and shared.
class Scenario {
 public:
  // Throws Error(config): an episode longer than turns_max, a profile that does not cover the data set.
  // `training`: the episodes that a world's consumption is declared by; empty: all of them.
  Scenario(EpisodeTable data, const ScenarioSettings& settings, std::span<const std::uint32_t> training = {},
           const DriftFrom& from = {});
  Scenario(const Scenario&) = delete;
  Scenario& operator=(const Scenario&) = delete;

  const EpisodeTable& data() const { return data_; }
  const ActionSpace& actions() const { return actions_; }
  // What turns take or, in a world, what is declared of it.
  const Consumption& consumption() const { return consumption_; }
  // What rewards call large and small: consumption(), or after a drift that of home.
  const Consumption& reward_scale() const { return reward_scale_; }
  // [actions][kResources] consumption() on that scale.
  const std::vector<double>& relative() const { return relative_; }
  // What agents and masks see.
  const Feasibility& feasibility() const { return feasibility_; }
  const ObservationLayout& layout() const { return layout_; }
  const Compat& compat() const { return compat_; }
  int turns_max() const { return turns_max_; }
  int tasks() const { return static_cast<int>(data_.tasks.size()); }
  // What every answer comes to, where that is known; null for logged data.
  const TableOutcomes* world() const { return world_ ? &*world_ : nullptr; }

  // The mask of an episode's turn as agents see it: the budgets' (Feasibility::mask), within what the world
  // lets one choose: known cells, where the suite masks unknown ones, and the session's `first` action where
  // it binds the later ones. False, and 1 for all that the world allows, where the budgets allow none of it.
  bool mask(std::size_t first_turn, int turn, int first, const Amounts& spent, const Amounts& limit,
            std::uint8_t* mask) const {
    const bool fits = feasibility_.mask(turn, spent, limit, mask);
    return restricted_ ? restrict_mask(first_turn + static_cast<std::size_t>(turn), turn, first, mask) && fits
                       : fits;
  }
  // Whether the world lets one choose less than the budgets: else mask() is the budgets'.
  bool restricted() const { return restricted_; }

  // The episode's history before turn `turn`, with the given actions or with the logged ones.
  History history(std::size_t episode, int turn, std::span<const std::uint16_t> actions) const;
  History logged_history(std::size_t episode, int turn) const;

 private:
  bool restrict_mask(std::size_t turn, int index, int first, std::uint8_t* mask) const;

  EpisodeTable data_;
  ActionSpace actions_;
  std::optional<TableOutcomes> world_;
  bool mask_unknown_, restricted_;  // the world allows less than the budgets
  int turns_max_;
  Consumption consumption_, reward_scale_;
  std::vector<double> relative_;
  Feasibility feasibility_;
  Compat compat_;
  ObservationLayout layout_;
};

// Association of an action at a turn: the sum of its images' scores, and the same min-max over the turn's
// actions (0 where all are equal).
struct Association {
  double raw, normalized;
};
inline Association association(std::span<const double> scores, std::uint32_t images) {
  double raw = 0, lowest = 0, highest = 0;
  // Without branches: which images are sent is as good as random.
  for (std::size_t m = 0; m < scores.size(); ++m) {
    raw += scores[m] * static_cast<double>(images >> m & 1U);
    const double size = std::abs(scores[m]);
    lowest += (scores[m] - size) / 2;
    highest += (scores[m] + size) / 2;
  }
  return {raw, highest > lowest ? (raw - lowest) / (highest - lowest) : 0};
}

// The names of the response models: "knn", "table", "hierarchical" and "true_mean", which needs the data
// set's truth.
const std::vector<std::string>& response_models();
// One of them, fitted on these episodes. Throws Error(config) for an unknown name and for true_mean without
// truth.
std::unique_ptr<ResponseModel> make_response_model(const std::string& name, const Scenario& scenario,
                                                   std::span<const std::uint32_t> episodes,
                                                   const Truth& truth);

}  // namespace offload
