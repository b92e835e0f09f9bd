// What a plan keeps of a world with known outcomes: its arms, where the table comes from, what of it is
// declared. Every report shows it.
#pragma once

#include <string>
#include <vector>

#include "core/environment/world.hpp"
#include "files/checked_json.hpp"

namespace offload {

struct ReportArm {
  std::string name, provider, placement;  // placement: "device", "cloud", "unstated"

  bool operator==(const ReportArm&) const = default;
};

struct ReportWorld {
  std::vector<ReportArm> arms;  // [A]
  std::string declared;         // WorldSettings::declared
  std::string calls_of;         // not empty: what is called cost counts calls of this arm
  std::string latency, cost;    // "measured", "modelled" or "absent"; "stated", "calls" or "absent"
  bool unknown_masked = false;
  std::int64_t unknown_cells = 0;
  bool same_arm = false;
  double quality_low = 0, quality_high = 1;
  int draws_per_cell = 1;
  std::string source, commit, licence, price_date;
  std::vector<std::string> inventions;

  bool operator==(const ReportWorld&) const = default;
};

ReportWorld report_world(const OutcomeTable& table, const Charges& charges, const WorldSettings& settings);

nlohmann::json written(const ReportWorld& world);
// Throws Error(data) with the place.
ReportWorld read_world(const CheckedJson& value);

}  // namespace offload
