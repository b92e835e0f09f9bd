// Learning curves as TensorBoard event files (format: statistics.md). No clock: the wall time of every event
// is 0, so the same curves give the same bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "results/trial_result.hpp"

namespace offload {

// CRC-32C, as records carry it before masking.
std::uint32_t crc32c(std::string_view bytes);

// A serialised tensorflow.Event with one scalar per value; `wall_s` in seconds.
std::string scalar_event(double wall_s, const CurvePoint& point);

// A whole file: the version record, then one record per point.
std::string event_file(const std::vector<CurvePoint>& curve);

// Where a trial's curve goes: FOLDER/events/ROW/SPLIT/events.out.tfevents.offload. Names become plain file
// names; one that has to be changed for that ends in a hash of the original.
std::filesystem::path event_path(const std::filesystem::path& folder, const std::string& row,
                                 const std::string& split);

// Removes the files in such places that are not among `kept`, and the folders that are empty then; what else
// lies there stays.
void remove_event_files(const std::filesystem::path& folder, const std::set<std::filesystem::path>& kept);

}  // namespace offload
