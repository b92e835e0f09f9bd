// A world with known outcomes as an environment: what its table charges for an answer, and what of it is
// declared beforehand to agents, masks and observations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/environment/profile.hpp"

namespace offload {

struct WorldSettings {
  // Of every arm, over the training side: "mean" or "largest" of what it was charged, or "price": mean
  // latency, and the arm's dated price times its mean numbers of tokens.
  std::string declared = "mean";
  // Not empty: resource 1 counts the calls of this arm, in place of the cost.
  std::string calls_of;
  // Unknown cells are masked out. Else the mask says nothing of them; a policy that steps on one fails either
  // way.
  bool mask_unknown = false;
};

// What the table charges, by turn and arm. An amount that is not told in every known cell is charged nowhere,
// and has() says so. A view on the table.
class Charges {
 public:
  // Throws Error(config) where `calls_of` is no arm.
  Charges(const OutcomeTable& table, const std::string& calls_of);

  bool has(std::size_t resource) const { return resource == 0 ? latency_ != nullptr : calls_ || cost_; }
  Amounts of(std::size_t turn, std::size_t arm) const {
    const std::size_t cell = turn * arms_ + arm;
    if (calls_) return {latency_ ? latency_[cell] : 0, arm == calls_arm_ ? kOneCall : 0};
    return {latency_ ? latency_[cell] : 0, cost_ ? cost_[cell] : 0};
  }

 private:
  static constexpr std::int64_t kOneCall = 1'000'000'000'000;  // as one dollar

  std::size_t arms_, calls_arm_ = 0;
  bool calls_;
  const std::int64_t* latency_ = nullptr;  // [turns][arms]
  const std::int64_t* cost_ = nullptr;     // likewise
};

// The consumption declared by these episodes of `data`, whose outcomes are known; by what its log kept of
// them where it has one. Throws Error(config) for an unknown kind and for "price" without prices or tokens,
// Error(data) for an arm without a known outcome there.
Consumption declared_consumption(const EpisodeTable& data, const ActionSpace& actions, const Charges& charges,
                                 const WorldSettings& settings, std::span<const std::uint32_t> episodes);

}  // namespace offload
