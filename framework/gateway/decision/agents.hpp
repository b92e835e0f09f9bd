// The agents that serve: the row of serve.toml, and beside it arms that take a share of the new sessions
// each. A session keeps its agent, also where a reload has brought others for new ones.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/decision/decider.hpp"
#include "gateway/session/journal_event.hpp"

namespace offload {

struct ServedAgent {
  // `io` outlives the object.
  ServedAgent(boost::asio::io_context& io, std::shared_ptr<const ServedPolicy> served, double share_of_new,
              const ServeSettings& settings)
      : policy(std::move(served)),
        share(share_of_new),
        decider(io, *policy, settings.seed, settings.decision_limit) {}

  std::shared_ptr<const ServedPolicy> policy;
  double share;              // of new sessions
  std::uint64_t number = 0;  // in the journal
  Decider decider;
};
using ServedAgents = std::vector<std::shared_ptr<ServedAgent>>;

// Begins an agent per policy, in their order; `policies` as load_policies has them.
ServedAgents begin_agents(boost::asio::io_context& io, const ServedPolicies& policies,
                          const ServeSettings& settings);
// Waits until all can be asked; throws what Decider::wait_until_ready throws.
void wait_until_ready(const ServedAgents& agents);
// Both.
ServedAgents start_agents(boost::asio::io_context& io, const ServedPolicies& policies,
                          const ServeSettings& settings);

// Of the io thread.
class AgentTable {
 public:
  explicit AgentTable(ServedAgents agents) { replace(std::move(agents)); }

  // For a session that those bits stand for: always the same one, as long as there is no reload.
  const std::shared_ptr<ServedAgent>& of_session(std::uint64_t bits) const;
  // New sessions get these from now on; numbers go on.
  void replace(ServedAgents agents);
  const ServedAgents& current() const { return current_; }
  // Ends those that no session has any more.
  void drop_unused();
  // Those that only sessions have still.
  std::size_t older() const { return older_.size(); }
  // Ends all, whoever still holds them.
  void end();

  // Whether all of the current ones can be asked.
  bool ready() const;
  // Of the current ones, those that learn and have learned nothing.
  std::vector<const ServedPolicy*> untrained() const;
  // Of all so far.
  std::uint64_t restarts() const;
  // Why agents were lost since this was asked, each reason once in a row.
  std::vector<std::string> take_failures();

 private:
  ServedAgents current_, older_;
  std::uint64_t next_ = 0, dropped_restarts_ = 0;
  std::string told_failure_;
};

// What a journal says of one that joins.
AgentJoined joined_event(const ServedAgent& agent, std::int64_t time_ms, int reload);

}  // namespace offload
