// A response model by task and action kind with what was sent before: means that borrow from each other where
// turns are few (hierarchy.hpp), as strongly as episodes left out of the fit ask for. It sees this turn's
// task and action and how many different views were sent at earlier turns of the episode, and nothing else:
// exact policies merge all that it does not tell apart.
#pragma once

#include "core/outcomes/hierarchy.hpp"
#include "core/outcomes/response_model.hpp"

namespace offload {

// What a fit leaves out, to see what it is worth.
struct HierarchicalSettings {
  static constexpr std::size_t kFolds = 5;
  bool zeros = true;                        // scores of 0 are a matter of their own
  bool history = true;                      // views sent before matter
  double odds = 2;                          // of choose_strengths
  std::optional<Strengths> strengths = {};  // not chosen on the training episodes but these
};

class HierarchicalModel final : public ResponseModel {
 public:
  // The order of `episodes` does not matter. Throws Error(config) without any.
  HierarchicalModel(const EpisodeTable& data, std::span<const std::uint32_t> episodes,
                    const ActionSpace& actions, const HierarchicalSettings& settings = {});
  double score(const History& history, int action) const override;
  void scores(const History& history, std::span<double> out) const override;
  double highest(int task, int action, int turns) const override;
  // Keeps the views sent, as sent in one turn.
  void forget(Past& past) const override;
  bool forgets(int turns) const override { return turns > 1; }

  const Strengths& strengths() const { return strengths_; }

 private:
  const double* means_of(int task, int action) const;

  const ActionSpace* actions_;
  std::size_t levels_;
  Strengths strengths_;
  std::vector<double> mean_;  // [tasks][kinds][views sent before, 0 .. modalities]
};

}  // namespace offload
