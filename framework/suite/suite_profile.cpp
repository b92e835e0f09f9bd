// The profile of a suite, and what it drifts to.
#include <cmath>

#include "core/error.hpp"
#include "suite/suite_tables.hpp"

namespace offload {
namespace {

constexpr std::size_t kDriftsMost = 20;
constexpr double kPicoPerTokenOfUsdPerMillion = 1e6;

template <typename Map>
std::vector<std::string> known_names(const Map& own, const Map& builtin) {
  std::vector<std::string> names;
  names.reserve(builtin.size() + own.size());
  for (const auto& [name, value] : builtin) names.push_back(name);
  for (const auto& [name, value] : own) names.push_back(name);
  return names;
}

// What the table does not say stays as it is.
void read_choices(TomlTable& table, const Suite& suite, ProfileSettings& profile) {
  if (table.has("cloud_cost_usd")) profile.cloud_cost_usd = table.numbers("cloud_cost_usd", 0, 1e4);
  profile.device = table.choice("device", profile.device, known_names(profile.devices, builtin_devices()));
  profile.network =
      table.choice("network", profile.network, known_names(profile.networks, builtin_networks()));
  profile.kind = table.choice("kind", profile.kind, {"paper", "measured", "corrected"});
  if (profile.kind == "measured" && !suite.data.seeds.empty()) {
    table.refuse(
        "kind",
        "kind: \"measured\" follows a data set's own turns, and by [data] seeds every run has another; "
        "take \"paper\" or \"corrected\", or one data set by [data] seed");
  }
}

WorldDrift read_world_drift(TomlTable& table) {
  WorldDrift drift;
  TomlTable prices = table.table("prices");
  for (const std::string& arm : prices.keys()) {
    check_shown(prices, arm, arm);
    TomlTable price = prices.table(arm);
    const auto per_token = [&price](const char* key) {
      if (!price.has(key))
        price.refuse(key, "a price is {input = ..., output = ...} in USD per million tokens");
      return std::llround(price.number(key, 0, 0, 1e6) * kPicoPerTokenOfUsdPerMillion);
    };
    drift.prices[arm] = {per_token("input"), per_token("output")};
    price.finish();
  }
  TomlTable times = table.table("latency_times");
  for (const std::string& arm : times.keys()) check_shown(times, arm, arm);
  for (const std::string& arm : times.keys()) drift.latency_times[arm] = times.number(arm, 1, 1e-3, 1e3);
  return drift;
}

DriftSettings read_drift(TomlTable& table, const Suite& suite, std::set<std::string>& names) {
  DriftSettings drift;
  drift.place = table.place();
  drift.name = table.required_text("name");
  check_name(table, drift.name, names);
  drift.sees_new = table.choice("sees", "trained", {"trained", "new"}) == "new";
  drift.trained = table.boolean("trained", false);
  if (drift.trained && suite.evaluation.margin) {
    table.refuse(
        "trained",
        "trained: margins are calibrated at home, so that who is trained there would have none; leave "
        "margin or this out");
  }
  for (const char* key : {"device", "network", "kind", "cloud_cost_usd", "prices", "latency_times"}) {
    if (table.has(key)) drift.given[key] = table.place(key);
  }
  drift.profile = suite.scenario.profile;
  read_choices(table, suite, drift.profile);
  for (const char* key : {"device", "network", "cloud_cost_usd"}) {
    if (drift.profile.kind != "measured" || !table.has(key)) continue;
    table.refuse(key,
                 fmt::format("{0}: kind = \"measured\" follows the data's own turns, whatever the {0}; give "
                             "kind = \"paper\" or \"corrected\" beside it",
                             key));
  }
  drift.world = read_world_drift(table);
  table.finish();
  return drift;
}

}  // namespace

void read_profile(TomlTable table, Suite& suite) {
  ProfileSettings& profile = suite.scenario.profile;
  suite.profile_place = table.place();
  note_given(table, "profile",
             {"device", "network", "kind", "devices", "networks", "cloud_cost_usd", "declared"}, suite);
  suite.scenario.world.declared = table.choice("declared", "mean", {"mean", "largest", "price"});
  TomlTable devices = table.table("devices");
  for (const std::string& name : devices.keys()) {
    check_shown(devices, name, name);
    TomlTable device = devices.table(name);
    profile.devices[name] = {device.number("gflops", 0, 1e-3, 1e12), device.number("watts", 0, 0, 1e6)};
    device.finish();
  }
  TomlTable networks = table.table("networks");
  for (const std::string& name : networks.keys()) {
    check_shown(networks, name, name);
    TomlTable network = networks.table(name);
    profile.networks[name] = {network.numbers("latency_s", 0, 1e6)};
    network.finish();
  }
  read_choices(table, suite, profile);
  table.finish();
}

std::vector<DriftSettings> read_drifts(TomlTable& evaluation, const Suite& suite) {
  std::vector<DriftSettings> drifts;
  std::set<std::string> names;
  for (TomlTable& table : evaluation.tables("drift")) drifts.push_back(read_drift(table, suite, names));
  if (drifts.size() > kDriftsMost) {
    evaluation.refuse("drift", fmt::format("drift: {} of them; at most {}", drifts.size(), kDriftsMost));
  }
  return drifts;
}

}  // namespace offload
