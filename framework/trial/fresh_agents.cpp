#include "trial/fresh_agents.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "plugin/answers.hpp"
#include "plugin/python_source.hpp"
#include "remote/remote_agent.hpp"
#include "trial/copies.hpp"

namespace offload {

FreshAgents::FreshAgents(Passes& passes, const RowSettings& row, const std::filesystem::path& library,
                         const offload_environment& environment, HostWorld world, Nursery& nursery)
    : passes_(passes),
      row_(row),
      library_(library),
      environment_(environment),
      world_(std::move(world)),
      nursery_(nursery) {}

std::unique_ptr<AnyAgent> FreshAgents::make() {
  // Forks of one interpreter have everything at the same addresses: beside one that was started, what decides
  // by them (id(), the order of a set of objects) shows.
  return made(python_agent(library_.native()) ? nullptr : &nursery_);
}

std::unique_ptr<AnyAgent> FreshAgents::made(Nursery* nursery) {
  RemoteSettings settings;
  settings.rows = std::max(row_.training.slots > 0 ? row_.training.slots : kSlotsMax, kEvaluationSlots);
  settings.memory_mb = row_.training.memory_limit_mb;
  settings.python = row_.agent.python;
  settings.one_processor = true;
  settings.nursery = nursery;
  settings.world = world_;
  auto agent = std::make_unique<RemoteAgent>(library_, row_.agent.parameters, environment_, settings);
  held_ &= agent->held();
  return agent;
}

const FreshAgents::Learned& FreshAgents::learned_by(AnyAgent& agent) {
  if (!learned_) {
    // What it saves first: it is then told turns that no training has.
    std::string saved = agent.has_policy()       ? agent.save_policy()
                        : agent.has_checkpoint() ? agent.save_checkpoint()
                                                 : "";
    learned_ = Learned{proof_of(agent, environment_), std::move(saved)};
  }
  return *learned_;
}

PassAnswer FreshAgents::run(const Pass& pass, AnyAgent& agent, const TrainAgain& train_again) {
  const Learned& learned = learned_by(agent);
  const std::unique_ptr<AnyAgent> fresh = made(&nursery_);
  const char* came = "was trained likewise";
  if (fresh->has_policy()) {
    fresh->load_policy(learned.saved);
    came = "loaded its policy";
  } else if (fresh->has_checkpoint()) {
    fresh->load_checkpoint(learned.saved);
    came = "loaded its checkpoint";
  } else {
    train_again(*fresh);
  }
  if (proof_of(*fresh, environment_) != learned.proof) {
    const bool loaded = fresh->has_policy() || fresh->has_checkpoint();
    fail(ErrorKind::plugin, "{}: a new process that {} decides otherwise than the one that was trained; {}{}",
         owner_name(agent.info()), came,
         loaded ? "save all that it decides by" : "let it learn the same from the same",
         python_agent(library_.native()) ? "" : ", or run it with isolation = \"none\"");
  }
  return passes_.run(pass, *fresh, std::max(row_.training.slots, agent.training_slots()));
}

}  // namespace offload
