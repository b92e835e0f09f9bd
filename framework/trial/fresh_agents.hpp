// Fresh copies of an isolated agent: each pass is decided by one in a new process that has seen no other
// pass. It learned what the agent learned from its policy or checkpoint or, where it has none, by being
// trained again, and was shown to decide alike; where it does not, the row fails. The process ends with the
// pass.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "plugin/host_world.hpp"
#include "process/nursery.hpp"
#include "process/sandbox.hpp"
#include "suite/suite.hpp"
#include "trial/passes.hpp"

namespace offload {

class FreshAgents {
 public:
  // Does with another agent all that was done with the one in question.
  using TrainAgain = std::function<void(AnyAgent&)>;

  // The arguments outlive the object.
  FreshAgents(Passes& passes, const RowSettings& row, const std::filesystem::path& library,
              const offload_environment& environment, HostWorld world, Nursery& nursery);

  // The one to be trained, in a new process. Throws as RemoteAgent does.
  std::unique_ptr<AnyAgent> make();

  // What all of them so far were held by (process/sandbox.hpp).
  std::uint64_t held() const { return held_; }

  // By a new one. Throws what the pass throws, and Error(plugin) where no new one decides as the agent does.
  PassAnswer run(const Pass& pass, AnyAgent& agent, const TrainAgain& train_again);
  // After the last pass: what began the processes counts from now on as taken by children of this process.
  void end() { nursery_.end(); }
  // The agent is another one, or has learned since the last pass.
  void forget() { learned_.reset(); }

 private:
  struct Learned {
    std::string proof, saved;  // its policy or, without one, its checkpoint
  };
  std::unique_ptr<AnyAgent> made(Nursery* nursery);
  const Learned& learned_by(AnyAgent& agent);

  Passes& passes_;
  const RowSettings& row_;
  const std::filesystem::path& library_;
  const offload_environment& environment_;
  HostWorld world_;
  Nursery& nursery_;
  std::optional<Learned> learned_;
  std::uint64_t held_ = kHeldAll;
};

}  // namespace offload
