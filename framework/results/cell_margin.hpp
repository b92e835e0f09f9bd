// By how much a cell's limits were lowered in evaluation so that a promise is kept, and what shows it: the
// decisions on the calibration sessions under every margin that was tried.
#pragma once

#include <cstdint>
#include <vector>

#include "files/checked_json.hpp"

namespace offload {

struct CalibrationPass {
  int margin_percent = 0;
  std::int64_t over = 0;                              // sessions that broke a budget as it is
  std::vector<std::vector<std::uint16_t>> decisions;  // [calibration sessions][turns]
};

struct CellMargin {
  double share = 0;                       // promised: of sessions over budget, at most
  bool kept = false;                      // false: no margin was enough, and the limits stayed as they are
  int margin_percent = 0;                 // of the limits
  std::int64_t sessions = 0, groups = 0;  // that calibrated it; groups share prompts
  std::vector<CalibrationPass> passes;    // from the largest margin down to the first that was not enough
};

nlohmann::json written(const CellMargin& margin);
// Throws Error(data) naming the place.
CellMargin read_margin(const CheckedJson& value);

// One action or more, each within 0..1024; throws likewise.
std::vector<std::uint16_t> read_decisions(const CheckedJson& turns);

}  // namespace offload
