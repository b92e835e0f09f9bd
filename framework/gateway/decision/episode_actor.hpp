// A served session as an episode for the agent: the same views, slots and random bits as in an evaluation
// pass. Who serves and who verifies ask the agent by this.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/simulation/scenario.hpp"
#include "gateway/session/session.hpp"
#include "plugin/any_agent.hpp"

namespace offload {

// The turns of a session up to the one to be decided, whose own action does not count.
struct ServedEpisode {
  std::uint64_t session = 0, rng_stream = 0;
  std::vector<PastTurn> turns;
};

// What the agent sees of a turn.
struct SeenTurn {
  std::vector<float> observation;  // [layout.size()]
  std::vector<std::uint8_t> mask;  // [actions]
  std::uint64_t rng = 0;
  bool allowed = true;  // some action fits the budgets; where none does all are shown

  // SHA-256 over observation and mask.
  std::string hash() const;
};

// Of turn `turn` of the episode, with the mask that follows from its budgets alone. Sessions longer than the
// environment's episodes see its last turn again and again.
SeenTurn see_turn(const Scenario& scenario, const ServedEpisode& episode, std::size_t turn);

// Asks one agent about many sessions, in the slots that evaluation has. Where another session took a slot
// meanwhile, the turns before are shown again, so that an agent that remembers within an episode decides as
// if it had never been interrupted.
class EpisodeActor {
 public:
  // The arguments outlive the object; `first_slot` as of an evaluation.
  EpisodeActor(const Scenario& scenario, AnyAgent& agent, int first_slot);

  // The action of the last turn of each, which is what each would be given alone: agents do not depend on
  // batching, as `check` asks of them. At most `kTogether` of them. Throws Error(plugin) with the agent's
  // words.
  std::vector<int> act(const std::vector<const ServedEpisode*>& episodes);
  int act(const ServedEpisode& episode) { return act(std::vector{&episode}).front(); }
  static constexpr int kTogether = 64;

 private:
  struct Owner {
    std::uint64_t session = 0;
    std::size_t turns = 0;  // shown so far
  };
  // One episode on its way to its last turn.
  struct Walk {
    const ServedEpisode* episode;
    std::size_t place;  // among those asked about
    std::size_t slot, next;
    int action = 0;
  };
  // The rows of one view.
  struct Rows {
    std::vector<std::int32_t> slot;
    std::vector<std::uint8_t> first, mask;
    std::vector<std::uint64_t> rng;
    std::vector<float> observation;
    std::vector<double> limit, spent;
    std::vector<float> features;
  };
  void walk(std::vector<Walk>& walks);
  void add(const Walk& walk);

  const Scenario& scenario_;
  AnyAgent& agent_;
  std::size_t features_;  // of a turn that the agent can ask for
  int first_slot_;
  std::vector<Owner> owners_;
  Rows rows_;
};

}  // namespace offload
