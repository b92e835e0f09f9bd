// From a bundle to an entry: unpacked, held against the task, verified, built, run again in isolation,
// marked, and only then made part of the board, in one step.
#pragma once

#include <filesystem>
#include <string>

#include "leaderboard/build_source.hpp"
#include "leaderboard/rerun.hpp"
#include "verify/verify.hpp"

namespace offload {

struct AddSettings {
  std::string entrant;  // in place of the bundle's; empty: that one
  std::string date;
  BuildSettings build;
  RowBounds bounds;
};

struct Added {
  Entry entry;
  bool before = false;  // this bundle was an entry already
};

// Throws Error, and adds nothing: data for a bundle that is none or of another task's settings, config for a
// task that the board does not have or an entrant who may add no more, run where this machine lacks a
// guarantee of isolation or a signal ended it, io. What does not build, fails or comes to something else
// becomes an entry that says so.
Added add_bundle(Board& board, const std::filesystem::path& bundle, const AddSettings& settings,
                 const BoardRuns& runs, VerifyObserver& verifying);

}  // namespace offload
