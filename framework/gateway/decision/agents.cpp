#include "gateway/decision/agents.hpp"

#include <algorithm>
#include <cmath>

namespace offload {

ServedAgents begin_agents(boost::asio::io_context& io, const ServedPolicies& policies,
                          const ServeSettings& settings) {
  ServedAgents agents;
  for (std::size_t i = 0; i < policies.size(); ++i) {
    const double share = i == 0 ? 1 : settings.arms[i - 1].share;
    agents.push_back(std::make_shared<ServedAgent>(io, policies[i], share, settings));
    if (i > 0) agents.front()->share -= share;
  }
  return agents;
}

void wait_until_ready(const ServedAgents& agents) {
  for (const auto& agent : agents) agent->decider.wait_until_ready();
}

ServedAgents start_agents(boost::asio::io_context& io, const ServedPolicies& policies,
                          const ServeSettings& settings) {
  ServedAgents agents = begin_agents(io, policies, settings);
  wait_until_ready(agents);
  return agents;
}

const std::shared_ptr<ServedAgent>& AgentTable::of_session(std::uint64_t bits) const {
  double left = std::ldexp(static_cast<double>(bits >> 11), -53);
  for (std::size_t i = 1; i < current_.size(); ++i) {
    if (left < current_[i]->share) return current_[i];
    left -= current_[i]->share;
  }
  return current_.front();
}

void AgentTable::replace(ServedAgents agents) {
  older_.insert(older_.end(), current_.begin(), current_.end());
  current_ = std::move(agents);
  for (const auto& agent : current_) agent->number = next_++;
}

// One that nobody has is asked nothing, so that it ends at once.
void AgentTable::drop_unused() {
  std::erase_if(older_, [this](const std::shared_ptr<ServedAgent>& agent) {
    if (agent.use_count() > 1) return false;
    dropped_restarts_ += agent->decider.restarts();
    return true;
  });
}

void AgentTable::end() {
  for (const ServedAgents* agents : {&current_, &older_}) {
    for (const auto& agent : *agents) agent->decider.end();
  }
}

bool AgentTable::ready() const {
  return std::ranges::all_of(current_, [](const auto& agent) { return agent->decider.ready(); });
}

std::vector<const ServedPolicy*> AgentTable::untrained() const {
  std::vector<const ServedPolicy*> policies;
  for (const auto& agent : current_) {
    if (agent->decider.untrained()) policies.push_back(agent->policy.get());
  }
  return policies;
}

std::uint64_t AgentTable::restarts() const {
  std::uint64_t sum = dropped_restarts_;
  for (const ServedAgents* agents : {&current_, &older_}) {
    for (const auto& agent : *agents) sum += agent->decider.restarts();
  }
  return sum;
}

std::vector<std::string> AgentTable::take_failures() {
  std::vector<std::string> failures;
  for (const ServedAgents* agents : {&current_, &older_}) {
    for (const auto& agent : *agents) {
      std::string failure = agent->decider.take_failure();
      if (failure.empty() || failure == told_failure_) continue;
      told_failure_ = failure;
      failures.push_back(std::move(failure));
    }
  }
  return failures;
}

AgentJoined joined_event(const ServedAgent& agent, std::int64_t time_ms, int reload) {
  const ServedPolicy& policy = *agent.policy;
  return {agent.number,
          time_ms,
          policy.settings().name,
          agent.decider.id(),
          agent.decider.version(),
          policy.plugin_sha256,
          policy.checkpoint.file_sha256,
          std::llround(std::clamp(agent.share, 0., 1.) * 1e6),
          reload,
          agent.decider.untrained()};
}

}  // namespace offload
