// The reward of a world that is opened in another program: one that is shipped, or trusted, in this process;
// any other in a process of its own, as in trials. That process belongs to a thread that does nothing else,
// because it ends with the thread that started it, and threads of the program come and go.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "remote/placed.hpp"

namespace offload {

class PlayedReward final : public RewardModel {
 public:
  // As for PlacedReward; the arrays of `environment` outlive the object.
  PlayedReward(std::filesystem::path library, Parameters parameters, const offload_environment& environment,
               RewardPlace place);
  ~PlayedReward() override;
  PlayedReward(const PlayedReward&) = delete;
  PlayedReward& operator=(const PlayedReward&) = delete;

  // In a copy of this process made by fork, such as multiprocessing makes, by a process of that copy's own.
  void score(const offload_outcomes& outcomes, double* reward) override;
  // PlacedReward::held.
  std::uint64_t held() const;

 private:
  class Keeper;
  void start();

  std::filesystem::path library_;
  Parameters parameters_;
  offload_environment environment_;
  RewardPlace place_;
  bool apart_;
  std::unique_ptr<PlacedReward> here_;  // or, apart:
  std::unique_ptr<Keeper> keeper_;
  pid_t owner_ = -1;  // who started it
};

}  // namespace offload
