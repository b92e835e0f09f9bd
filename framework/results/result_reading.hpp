// Reading the results of one or more folders one by one, so that what is read need not be held.
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "results/store.hpp"

namespace offload {

// Called by one thread at a time, in any order; each key once.
struct ResultVisitor {
  std::function<void(TrialResult)> trial;
  std::function<void(ReferenceResult)> reference;
  std::vector<std::size_t>* trials_of = nullptr;  // [folders] counts the trials that came from each; or none
  // Whether what the folder of this index holds under this key does not count; or none.
  std::function<bool(std::size_t, const std::string&)> passes_over = {};
  std::vector<std::string> names = {};  // [folders] what to call them; empty: short_names
};

// What to call each of some folders: as few of their last components as tell them apart, so that nothing
// depends on where they lie or how they were reached.
std::vector<std::string> short_names(const std::vector<std::filesystem::path>& folders);

// Several folders as one. The same key with the same outcome counts once, and a finished trial goes before a
// failed one; finished ones that differ are conflicts: all of them are left out. With more than one folder,
// files are named with the names of theirs. Never throws for what a file holds. Returns the files that are
// not counted, in the order of their names. Reads with two threads, which are gone when it returns.
std::vector<LeftOut> visit_results(const std::vector<std::filesystem::path>& folders,
                                   const ResultVisitor& visitor);

// What hands results over, one by one, and returns what it left out.
using ResultSource = std::function<std::vector<LeftOut>(const ResultVisitor&)>;

// All of them at once.
StoreContents read_merged(const std::vector<std::filesystem::path>& folders);

}  // namespace offload
