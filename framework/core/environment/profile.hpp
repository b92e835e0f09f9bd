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

// Consumption by action and by kind: what a turn takes or, in a world whose table says what every turn really
// took, what is declared of it: agents, masks and observations see this.
class Consumption {
 public:
  // `by_kind` [kinds of the action space]. `calls_of`: see below.
  Consumption(const ActionSpace& actions, std::vector<Amounts> by_kind, std::string calls_of = {});

  const Amounts& of_kind(int kind) const { return by_kind_[static_cast<std::size_t>(kind)]; }
  const Amounts& of_action(int action) const { return by_action_[static_cast<std::size_t>(action)]; }
  int kinds() const { return static_cast<int>(by_kind_.size()); }
  int actions() const { return static_cast<int>(by_action_.size()); }
  // [actions][kResources] in s and USD.
  const std::vector<double>& values() const { return values_; }
  // [actions][kResources] min-max over the whole set of actions; 0 where the range is zero.
  const std::vector<double>& relative() const { return relative_; }
  // The largest and the smallest of any action, per resource.
  const Amounts& largest() const { return largest_; }
  const Amounts& smallest() const { return smallest_; }
  // An amount on the scale of relative(), at most 1 and at least 0.
  double relative_of(std::int64_t amount, std::size_t resource) const {
    const auto range = static_cast<double>(largest_[resource] - smallest_[resource]);
    if (range == 0) return 0;
    const double share = static_cast<double>(amount - smallest_[resource]) / range;
    return share < 0 ? 0 : share > 1 ? 1 : share;
  }
  // Not empty: resource 1 counts the calls of the arm of this name, 1 for each, in place of dollars.
  const std::string& calls_of() const { return calls_of_; }

 private:
  std::vector<Amounts> by_kind_, by_action_;
  std::vector<double> values_, relative_;
  Amounts largest_{}, smallest_{};
  std::string calls_of_;
};

// Resolves a profile for a data set. "paper" and "corrected" need a network and cloud costs for every number
// of images up to M; "measured" needs measured latency and cost for every action kind. Throws Error(config)
// or Error(data) naming what is unknown or missing and what is known.
Consumption make_consumption(const ProfileSettings& settings, const ActionSpace& actions,
                             const EpisodeTable& data);

}  // namespace offload
