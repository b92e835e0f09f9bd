// Files of a results folder that no run put there, and links: nothing of them is compared, or they can come
// to hold something else after they were.
#pragma once

#include <filesystem>

#include "campaign/plan.hpp"
#include "results/joining/joined_folder.hpp"
#include "verify/verify.hpp"

namespace offload {

// Names them under `result.believed`. Of the folders of results only links: what else is foreign there is
// named where these are read. `beside`: other folders that are verified, which may lie in it.
void believe_foreign_files(const std::filesystem::path& folder, const Plan& plan,
                           const std::vector<std::filesystem::path>& beside, Verification& result);

// Likewise of a folder that holds a report alone, of results elsewhere. Folders of results that its report
// says to lie in it are none of these.
void believe_files_beside_report(const std::filesystem::path& folder, Verification& result);

// What joined.json says of the folders `of` the report in `folder`: an identity that is not theirs is wrong;
// where they lay, and what they were called, is believed of those that are elsewhere now.
void verify_joined(const std::filesystem::path& folder, const ReportFolders& of, Verification& result);

}  // namespace offload
