// What a results folder holds, without what it says: a line per result, so that many do not fill the
// command's memory; and what of it the plan does not know or does not find.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "campaign/plan.hpp"
#include "results/store.hpp"
#include "verify/verify.hpp"

namespace offload {

struct StoredTrial {
  std::uint32_t split = 0, row = 0;  // indices
  bool finished = false;
};

struct StoredReference {
  std::string key;
  std::size_t split = 0;
  bool finished = false;
};

struct StoredIndex {
  std::vector<StoredTrial> trials;          // that the plan has; by split, then key
  PlannedTrials planned;                    // [trials] as the plan has them
  std::vector<StoredReference> references;  // likewise
};

// Reads every result once. Adds to `result` what cannot be counted or is foreign: a key that the plan has for
// another row or split, an instruction set other than that of the keys, a checkpoint of a trial that keeps
// none; as believed, what is planned and in none of the folders, and what is under keys that the plan does
// not have: an earlier run with other settings leaves it, and no figure counts it. Never throws for what a
// file holds. `plan.stored` has the keys.
StoredIndex read_index(const std::filesystem::path& folder, const Plan& plan, const VerifySettings& settings,
                       Verification& result);

}  // namespace offload
