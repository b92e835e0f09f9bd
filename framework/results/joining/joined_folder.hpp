// What folders a report is of, where that is not the one folder it lies in: `joined.json` beside the report,
// by which other verbs find the results again.
#pragma once

#include <filesystem>
#include <vector>

#include "results/joining/joining.hpp"

namespace offload {

inline constexpr const char* kJoinedFile = "joined.json";

// What joined.json says of a folder: where it lay, as a path from there, what the report calls it, and
// identity_of it.
struct SaidFolder {
  std::string path, name, identity;
};

struct ReportFolders {
  std::vector<std::filesystem::path> folders;  // of results
  std::vector<RowName> names;                  // as the report was asked for
  std::vector<SaidFolder> said = {};           // [folders] of a report that there is; else empty
};

// What the report calls its folders, [folders].
std::vector<std::string> names_of(const ReportFolders& of);

// Says in `out` of which folders the report there is; of itself alone it says nothing, and what an earlier
// report said goes. Throws Error(io).
void write_joined(const std::filesystem::path& out, const ReportFolders& of);

// Whether a report of other folders, or of several, lies here.
bool is_joined(const std::filesystem::path& folder);

// The folders that the report in `folder` is of: itself where nothing is said. What is not where it was is
// found by its identity among `given`, beside the place, and in and beside `folder`. Throws Error(data) for a
// file that cannot be read, Error(io) where a folder that it names is nowhere there.
ReportFolders folders_of_report(const std::filesystem::path& folder,
                                const std::vector<std::filesystem::path>& given = {});

// Of the folders that the report in `folder` is of, those that lie in it where it says and are what it says,
// as paths from it: what finds the folders takes these and no others for them. Throws Error(data).
std::vector<std::filesystem::path> folders_beneath(const std::filesystem::path& folder);

// Whether the folder `index` of the report in `folder` lies where joined.json says.
bool lies_where_said(const std::filesystem::path& folder, const ReportFolders& of, std::size_t index);

// The results that a user means by these folders: in place of one that holds a report alone, the folders of
// that report, each once. Where a run went on in its place, it is meant and not a copy of what it was. Throws
// as folders_of_report, and Error(config) where other results are in the place of those that were found near.
ReportFolders folders_meant(const std::vector<std::filesystem::path>& given);

}  // namespace offload
