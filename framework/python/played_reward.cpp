#include "python/played_reward.hpp"

#include <unistd.h>

#include <future>
#include <thread>
#include <utility>

namespace offload {

// Makes it in a thread of its own, which waits with it until the end.
class PlayedReward::Keeper {
 public:
  explicit Keeper(const std::function<std::unique_ptr<PlacedReward>()>& make) {
    std::promise<PlacedReward*> made;
    std::future<PlacedReward*> ready = made.get_future();
    thread_ = std::thread([&make, made = std::move(made), over = end_.get_future()]() mutable {
      std::unique_ptr<PlacedReward> reward;
      try {
        reward = make();
      } catch (...) {
        return made.set_exception(std::current_exception());
      }
      made.set_value(reward.get());
      over.wait();
    });
    try {
      reward_ = ready.get();
    } catch (...) {
      thread_.join();
      throw;
    }
  }
  ~Keeper() {
    end_.set_value();
    thread_.join();
  }
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  PlacedReward& reward() const { return *reward_; }

 private:
  std::promise<void> end_;
  std::thread thread_;
  PlacedReward* reward_ = nullptr;
};

PlayedReward::PlayedReward(std::filesystem::path library, Parameters parameters,
                           const offload_environment& environment, RewardPlace place)
    : library_(std::move(library)),
      parameters_(std::move(parameters)),
      environment_(environment),
      place_(std::move(place)),
      apart_(PluggedIn(library_, place_.isolated).apart()) {
  start();
}

// What another process has started stays its own.
PlayedReward::~PlayedReward() {
  if (getpid() != owner_) [[maybe_unused]]
    const Keeper* elsewhere = keeper_.release();
}

void PlayedReward::start() {
  const auto make = [this] {
    return std::make_unique<PlacedReward>(library_, parameters_, environment_, place_);
  };
  if (apart_) keeper_ = std::make_unique<Keeper>(make);
  if (!apart_) here_ = make();
  owner_ = getpid();
}

std::uint64_t PlayedReward::held() const { return apart_ ? keeper_->reward().held() : here_->held(); }

void PlayedReward::score(const offload_outcomes& outcomes, double* reward) {
  if (!apart_) return here_->score(outcomes, reward);
  if (!keeper_ || getpid() != owner_) {
    [[maybe_unused]] const Keeper* elsewhere = keeper_.release();
    start();
  }
  keeper_->reward().score(outcomes, reward);
}

}  // namespace offload
