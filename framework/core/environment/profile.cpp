#include "core/environment/profile.hpp"

#include <algorithm>
#include <cmath>

#include "core/counted.hpp"
#include "core/error.hpp"

namespace offload {
namespace {

// The paper's local model: parameters, prompt length the peak rate refers to, prompt length of a call.
constexpr double kParameters = 3.8e9;
constexpr double kBaseTokens = 1024;
constexpr double kTotalTokens = 2048;
constexpr double kUsdPerKwh = 0.1668;
constexpr double kJoulePerKwh = 3.6e6;
// Sums over 255 turns must fit 63 bits.
constexpr std::array<double, kResources> kLargestValue = {1e6, 1e4};

template <typename Map>
std::string names(const Map& map) {
  std::string out;
  for (const auto& [name, value] : map) out += (out.empty() ? "" : ", ") + name;
  return out;
}

template <typename Map>
typename Map::mapped_type lookup(const Map& own, const Map& builtin, const std::string& name,
                                 const char* what) {
  if (const auto it = own.find(name); it != own.end()) return it->second;
  if (const auto it = builtin.find(name); it != builtin.end()) return it->second;
  Map known = builtin;
  known.insert(own.begin(), own.end());
  fail(ErrorKind::config, "[profile] unknown {} '{}'; known: {}", what, printable(name), names(known));
}

Amounts amounts(double latency_s, double cost_usd, const std::string& what) {
  return {to_amount(latency_s, 0, what + " latency"), to_amount(cost_usd, 1, what + " cost")};
}

std::vector<Amounts> modelled(const ProfileSettings& settings, int modalities) {
  const Device device = lookup(settings.devices, builtin_devices(), settings.device, "device");
  const Network network = lookup(settings.networks, builtin_networks(), settings.network, "network");
  static const std::vector<double> kCloudCostUsd = {.00049, .00500, .00945, .01368};
  const auto& cost = settings.cloud_cost_usd.empty() ? kCloudCostUsd : settings.cloud_cost_usd;
  const auto needed = static_cast<std::size_t>(modalities) + 1;
  if (network.latency_s.size() < needed || cost.size() < needed) {
    fail(ErrorKind::config,
         "[profile] network '{}' has {} and {}; a data set of {} needs {} of each (0 to {}): give "
         "[profile.networks.NAME] latency_s and [profile] cloud_cost_usd, {} each, and network = \"NAME\"",
         settings.network, counted(network.latency_s.size(), "latency"), counted(cost.size(), "cloud cost"),
         counted(modalities, "view"), needed, counted(modalities, "image"), counted(needed, "number"));
  }
  double time_s = 2 * kParameters * kTotalTokens / (device.gflops * 1e9);
  if (settings.kind == "paper") time_s = 2 * kParameters / kBaseTokens * kTotalTokens / (device.gflops * 1e9);
  std::vector<Amounts> by_kind = {
      amounts(time_s, device.watts * time_s * kUsdPerKwh / kJoulePerKwh, "device '" + settings.device + "'")};
  for (std::size_t images = 0; images < needed; ++images) {
    by_kind.push_back(amounts(network.latency_s[images], cost[images], "network '" + settings.network + "'"));
  }
  return by_kind;
}

std::vector<Amounts> measured(const ActionSpace& actions, const EpisodeTable& data) {
  if (data.latency_s.empty() || data.cost_usd.empty()) {
    fail(ErrorKind::data,
         "{}: profile kind 'measured' needs interaction_time and usage_cost of every turn, which this data "
         "set does not have; use kind = \"paper\"",
         data.source);
  }
  std::vector<double> latency(static_cast<std::size_t>(actions.kinds())), cost(latency), count(latency);
  for (std::size_t t = 0; t < data.turns(); ++t) {
    const auto kind = static_cast<std::size_t>(actions.kind(data.action[t]));
    latency[kind] += data.latency_s[t];
    cost[kind] += data.cost_usd[t];
    count[kind] += 1;
  }
  std::vector<Amounts> by_kind;
  for (std::size_t k = 0; k < count.size(); ++k) {
    if (count[k] == 0) {
      fail(ErrorKind::data, "{}: profile kind 'measured' finds no turn {}; use kind = \"paper\"", data.source,
           k == 0 ? std::string("answered locally")
                  : fmt::format("in the cloud with {}", counted(k - 1, "image")));
    }
    by_kind.push_back(amounts(latency[k] / count[k], cost[k] / count[k], "measured"));
  }
  return by_kind;
}

}  // namespace

std::int64_t to_amount(double value, int resource, const std::string& what) {
  if (value == std::numeric_limits<double>::infinity()) return kUnlimited;
  const auto k = static_cast<std::size_t>(resource);
  if (!(value >= 0 && value <= kLargestValue[k])) {
    fail(ErrorKind::config, "{}: expected a number from 0 to {} {}, found {}", what, kLargestValue[k],
         resource == 0 ? "s" : "USD", value);
  }
  return std::llround(value * kUnitsPer[k]);
}

const std::map<std::string, Device>& builtin_devices() {
  static const std::map<std::string, Device> devices = {
      {"Raspberry Pi-4B", {13.5, 8}},   {"Raspberry Pi-5", {31.4, 12}},   {"Jetson Nano", {472, 10}},
      {"Jetson TX2", {1330, 15}},       {"Jetson Xavier NX", {21e3, 20}}, {"Jetson Orin NX", {100e3, 25}},
      {"Jetson AGX Orin", {275e3, 60}}, {"iPhone 15 Pro", {35e3, 15}},
  };
  return devices;
}

const std::map<std::string, Network>& builtin_networks() {
  static const std::map<std::string, Network> networks = {
      {"Wired", {{6.46030, 4.76134, 6.24569, 6.98211}}},
      {"WiFi", {{.5, 1.898, 2.016, 2.238}}},
      {"5G", {{.5, 6.037, 6.412, 7.118}}},
      {"4G", {{.5, 16.603, 17.636, 19.573}}},
  };
  return networks;
}

Consumption::Consumption(const ActionSpace& actions, std::vector<Amounts> by_kind, std::string calls_of)
    : by_kind_(std::move(by_kind)), calls_of_(std::move(calls_of)) {
  for (int a = 0; a < actions.size(); ++a) by_action_.push_back(of_kind(actions.kind(a)));
  largest_ = smallest_ = by_kind_.front();
  for (const Amounts& amount : by_kind_) {
    for (std::size_t k = 0; k < kResources; ++k) {
      largest_[k] = std::max(largest_[k], amount[k]);
      smallest_[k] = std::min(smallest_[k], amount[k]);
    }
  }
  for (const Amounts& amount : by_action_) {
    for (std::size_t k = 0; k < kResources; ++k) {
      values_.push_back(from_amount(amount[k], static_cast<int>(k)));
      relative_.push_back(relative_of(amount[k], k));
    }
  }
}

Consumption make_consumption(const ProfileSettings& settings, const ActionSpace& actions,
                             const EpisodeTable& data) {
  if (settings.kind == "measured") return {actions, measured(actions, data)};
  if (settings.kind != "paper" && settings.kind != "corrected") {
    fail(ErrorKind::config, "[profile] unknown kind '{}'; known: paper, corrected, measured",
         printable(settings.kind));
  }
  return {actions, modelled(settings, actions.modalities())};
}

}  // namespace offload
