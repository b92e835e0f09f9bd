// What a turn consumes: latency and cost of every action kind on a device and a network (environment.md 6),
// held as integers so that budgets are compared exactly (environment.md 7).
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "core/environment/action_space.hpp"
#include "core/environment/episode.hpp"

namespace offload {

// Index 0 latency in nanoseconds, 1 cost in pico-dollars.
inline constexpr int kResources = 2;
using Amounts = std::array<std::int64_t, kResources>;
inline constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();
inline constexpr std::array<double, kResources> kUnitsPer = {1e9, 1e12};

// Nearest integer amount; +infinity becomes kUnlimited. Throws Error(config) for NaN, negative, or more than
// 10^6 s or 10^4 USD, which would not fit the sums.
std::int64_t to_amount(double value, int resource, const std::string& what);
// Seconds or US dollars; kUnlimited becomes +infinity.
inline double from_amount(std::int64_t amount, int resource) {
  if (amount == kUnlimited) return std::numeric_limits<double>::infinity();
  return static_cast<double>(amount) / kUnitsPer[static_cast<std::size_t>(resource)];
}

struct Device {
  double gflops;
  double watts;
};

// Cloud call by number of images sent: latency on the network, cost.
struct Network {
  std::vector<double> latency_s;
};

struct ProfileSettings {
  std::string device = "Jetson TX2";
  std::string network = "Wired";
  std::string kind = "paper";               // "paper", "corrected", "measured"
  std::map<std::string, Device> devices;    // added to or replacing the built-in ones
  std::map<std::string, Network> networks;  // likewise
  std::vector<double> cloud_cost_usd;       // empty: the built-in table
};

const std::map<std::string, Device>& builtin_devices();
const std::map<std::string, Network>& builtin_networks();

// Consumption by action and by kind.
class Consumption {
 public:
  // `by_kind` [kinds of the action space].
  Consumption(const ActionSpace& actions, std::vector<Amounts> by_kind);

  const Amounts& of_kind(int kind) const { return by_kind_[static_cast<std::size_t>(kind)]; }
  const Amounts& of_action(int action) const { return by_action_[static_cast<std::size_t>(action)]; }
  int kinds() const { return static_cast<int>(by_kind_.size()); }
  int actions() const { return static_cast<int>(by_action_.size()); }
  // [actions][kResources] in s and USD.
  const std::vector<double>& values() const { return values_; }
  // [actions][kResources] min-max over the whole set of actions; 0 where the range is zero.
  const std::vector<double>& relative() const { return relative_; }
  // The largest of any action, per resource.
  const Amounts& largest() const { return largest_; }

 private:
  std::vector<Amounts> by_kind_, by_action_;
  std::vector<double> values_, relative_;
  Amounts largest_{};
};

// Resolves a profile for a data set. "paper" and "corrected" need a network and cloud costs for every number
// of images up to M; "measured" needs measured latency and cost for every action kind. Throws Error(config)
// or Error(data) naming what is unknown or missing and what is known.
Consumption make_consumption(const ProfileSettings& settings, const ActionSpace& actions,
                             const EpisodeTable& data);

}  // namespace offload
