// NaN for refused answers, else what its parameter says; or NaN for slow answers alone.
#include <offload/plugin.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <thread>

namespace {

class Bad final : public offload::Reward {
 public:
  Bad(const offload::Environment&, offload::ParameterReader& parameters)
      : scale_(parameters.number("scale", 1, {}, "of every reward")),
        most_s_(parameters.number("most_s", 0, {}, "latency above which there is none; 0: refused answers")),
        threads_(parameters.integer("threads", 0, {0, 1000}, "that are begun and never end")) {}
  double score(const offload::Outcome& outcome) const override {
    for (std::int64_t thread = 0; thread < threads_; ++thread)
      std::thread([] { std::this_thread::sleep_for(std::chrono::minutes(1)); }).detach();
    if (threads_ > 0) std::this_thread::sleep_for(std::chrono::minutes(1));
    if (most_s_ > 0)
      return outcome.consumed[0] > most_s_ ? std::numeric_limits<double>::quiet_NaN() : outcome.quality;
    return outcome.quality / outcome.quality * scale_;
  }

 private:
  double scale_, most_s_;
  std::int64_t threads_;
};

}  // namespace

OFFLOAD_REWARD(Bad, "bad-reward", "1.0.0", "misbehaves")
