// Where two JSON documents of the same kind say different things: by place, so that a person finds the
// number.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace offload {

// A figure that is not what it should be.
struct Disagreement {
  std::string file, place;         // "trials/KEY.json", "/cells/0/scores/1/reward/3"
  std::string stored, recomputed;  // as text, bounded; "nothing" for what is not there

  bool operator==(const Disagreement&) const = default;
};

// Appends to `found` up to `most` entries in all. Numbers agree within `tolerance`, relative to the larger
// one above 1; 0 asks for the same bits.
void find_differences(const nlohmann::json& stored, const nlohmann::json& recomputed, double tolerance,
                      const std::string& file, std::size_t most, std::vector<Disagreement>& found,
                      const std::string& place = {});

}  // namespace offload
