// Trials run again with their plugins: what a rule decides, and what is learned where it is asked for.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>

#include "verify/recompute.hpp"

namespace offload {

struct SecondRun {
  std::string key;
  std::size_t row;
};
extern const char* const kFailedAgain;  // why the words of a failure stay believed

// Trials of one split run again, each in a process of its own, as the first run had it: what is contained
// there must be here. A failed one has to fail again; why it did stays believed. So does what a plugin lets
// no result of through, and what was learned where the same bits are not to be expected.
Findings rerun_trials(const StoredResults& results, std::size_t split, std::span<const SecondRun> trials);

// Whether what learned on a machine with the facts `stored` learns the same bits on one with `here`: both are
// TrialResult::host.
bool same_bits_expected(const std::map<std::string, std::string>& stored,
                        const std::map<std::string, std::string>& here);

}  // namespace offload
