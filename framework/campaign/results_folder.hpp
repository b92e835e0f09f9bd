// The folder that a campaign writes to. It holds what it takes to run its suite again, on any machine and but
// for the data set.
#pragma once

#include <filesystem>
#include <string>

#include "campaign/plan.hpp"
#include "results/store.hpp"

namespace offload {

class ResultsFolder {
 public:
  // Makes what is missing of it, takes it for this process and removes what an ended one left half-written.
  // Stores suite.toml and the files that it names, then the plan, with the hash of that suite.toml, which
  // `plan` has from here on. Throws Error(io), also when another process holds the folder, and Error(config)
  // where the stored suite.toml would replace the user's own.
  ResultsFolder(Plan& plan, const std::filesystem::path& folder);

  const Store& store() const { return store_; }

 private:
  Store store_;
  StoreLock lock_;
};

// What an earlier run left in `folder` that this plan does not know, in sentences: how many results, how the
// settings differ, and how to go on. Empty where there is nothing of the kind. Writes nothing.
std::string left_by_another_plan(const Plan& plan, const std::filesystem::path& folder);

}  // namespace offload
