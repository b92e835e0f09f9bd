// One dialogue with one draw of the policy, turn by turn: chosen, answered, compared with a reference.
#pragma once

#include <utility>
#include <vector>

#include "gateway/collect/caller.hpp"
#include "gateway/collect/chooser.hpp"

namespace offload {

struct CollectedTurn {
  Choice choice;
  std::uint32_t images = 0;
  Reply answer;
  std::vector<std::pair<double, double>> verdicts;  // marks of the answer and of the reference
  double score = 0;                                 // sum of the former over sum of the latter
  std::vector<double> association;                  // [modalities] where that role is asked
};

struct CollectedEpisode {
  std::size_t dialogue = 0;  // index
  int draw = 0;
  std::vector<CollectedTurn> turns;
  std::string lost;                   // why it is not whole; empty: it is
  CallState state = CallState::made;  // of what is not whole

  bool whole() const { return lost.empty(); }
};

// What an episode is made by.
struct EpisodeMakers {
  const CollectPlan& plan;
  const Dialogues& dialogues;
  Caller& caller;
  Chooser& chooser;
  CallLog& log;
};

// Throws nothing for what models do; Error(io) where the journal cannot be written, and what the agent
// throws.
CollectedEpisode collect_episode(const EpisodeMakers& makers, std::size_t dialogue, int draw);

// What a dry run tells: the most calls by role, and the most that all may cost.
struct CollectBound {
  std::array<std::int64_t, kRoles> calls{}, pusd{};
  std::int64_t total_pusd = 0;
};
CollectBound bound_collection(const CollectPlan& plan, const Dialogues& dialogues);

}  // namespace offload
