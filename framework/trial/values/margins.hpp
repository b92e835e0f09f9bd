// The margin of a frozen policy in a budget cell: by how much agents and masks see its limits lowered, so
// that at most a promised share of sessions breaks them as they are. Found on the split's calibration
// sessions, which neither fitted nor trained anything.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "results/cell_margin.hpp"
#include "suite/experiment.hpp"

namespace offload {

// The policy's decisions [calibration sessions][turns] under a margin.
using DecideCalibration = std::function<std::vector<std::vector<std::uint16_t>>(int margin_percent)>;

// Empty where the suite promises nothing or the cell limits nothing. Margins are every 5 percent as long as
// an episode of T_max turns fits what is declared; where none is enough, kept is false and the margin 0.
// Throws Error(data) for decisions that do not fit the sessions, and what `decide` throws. The same for a
// trial and for verification, which has the stored decisions.
std::optional<CellMargin> calibrated_margin(const Experiment& experiment, const Split& split,
                                            std::size_t cell, const DecideCalibration& decide);

}  // namespace offload
