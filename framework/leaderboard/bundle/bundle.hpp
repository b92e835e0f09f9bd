// What a submission is: the results folder of a suite, in which the files of plugins in Python are, what its
// other rows run (a plugin's library, or its source, which is a CMake project like those of `plugin new`),
// and a manifest that names every file by SHA-256. Packing takes only what a board reads; reading believes
// nothing but what the manifest and the archive agree on.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "leaderboard/bundle/archive.hpp"
#include "plugin/search.hpp"
#include "results/plan/report_plan.hpp"

namespace offload {

struct BundleManifest {
  std::string entrant, note;                   // who submits, and words of theirs
  std::string task, version;                   // the suite's name; OffloadBench that ran it
  std::vector<std::string> sources;            // plugin ids with a project below source/ID
  std::vector<std::string> plugins;            // likewise with a library plugins/ID.so
  std::map<std::string, std::string> machine;  // facts of the one that packed, as it says
  ArchivedFiles files;                         // all but the manifest
};

struct BundleSettings {
  std::string entrant, note;
  std::vector<std::filesystem::path> sources;  // projects, whose folders are called as the plugins they build
};

inline constexpr std::size_t kEntrantMost = 60, kNoteMost = 1000;  // bytes

// Throws Error(config) unless a name is 1 to kEntrantMost bytes of letters, digits and ' ._+-@()', a letter
// or digit first: it appears on every page.
void check_entrant(const std::string& name);

// Packs the results folder, every planned trial of which has to be there. Libraries that `search` finds and
// that are not shipped go along. Throws Error(config) for what is not finished, Error(data) for what no
// bundle may hold, Error(io).
BundleManifest pack_bundle(const std::filesystem::path& results, const BundleSettings& settings,
                           const PluginSearch& search, const std::filesystem::path& bundle);

// Unpacks a bundle from a stranger into `folder`, which must not be there. Throws Error(data) where it holds
// anything but what its manifest says, places outside results/, source/ and plugins/, or a suite that names
// files outside it; Error(io). Runs nothing of it.
BundleManifest unpack_bundle(const std::filesystem::path& bundle, const std::filesystem::path& folder);

// Throws Error(data) for a source or library that no row of these results has run: it would be shown as
// theirs.
void check_plugins(const BundleManifest& manifest, const ReportPlan& results);

// JSON round trip; reading throws Error(data).
std::string to_json(const BundleManifest& manifest);
BundleManifest bundle_manifest_from_json(const std::string& text, const std::string& file_name);

}  // namespace offload
