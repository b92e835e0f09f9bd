#include "results/joining/joined_folder.hpp"

#include <algorithm>
#include <set>

#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "files/checked_json.hpp"
#include "files/plain_file.hpp"
#include "results/joining/joined_text.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kJoinedFormat = "offload-joined/1";
constexpr std::size_t kJoinedMax = std::size_t{1} << 24, kFoldersMax = 10'000;

fs::path whole(const fs::path& folder) {
  std::error_code error;
  const fs::path real = fs::weakly_canonical(fs::absolute(folder), error);
  const fs::path path = error ? fs::absolute(folder).lexically_normal() : real;
  return path.has_filename() ? path : path.parent_path();
}

bool has_results(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / "suite.json", error);
}

// As a path from here where `folder` was given as one: what is told of it reads as what the user typed,
// unless links lead elsewhere.
fs::path from(const fs::path& folder, const std::string& other) {
  fs::path path = (folder / other).lexically_normal();
  const fs::path real = whole(whole(folder) / other);
  if (whole(path) != real) path = real;
  return path.has_filename() ? path : path.parent_path();
}

std::string text_of(const json& document) { return document.dump(1, ' ') + "\n"; }

}  // namespace

void write_joined(const fs::path& out, const ReportFolders& of) {
  const fs::path here = whole(out);
  if (of.folders.size() == 1 && of.names.empty() && whole(of.folders.front()) == here) {
    std::error_code error;
    fs::remove(out / kJoinedFile, error);
    return;
  }
  const auto relative = [&](const fs::path& folder) {
    return whole(folder).lexically_relative(here).generic_string();
  };
  json document = {{"format", kJoinedFormat}, {"folders", json::array()}, {"names", json::array()}};
  for (const fs::path& folder : of.folders) document["folders"].push_back(relative(folder));
  for (const RowName& name : of.names)
    document["names"].push_back({{"folder", relative(name.folder)}, {"row", name.row}, {"name", name.name}});
  std::string text;
  try {
    text = text_of(document);
  } catch (const json::exception&) {
    fail(ErrorKind::config,
         "{}: of the folders that the report is of one has a name that is not UTF-8; rename it",
         printable((out / kJoinedFile).native()));
  }
  write_atomically(out / kJoinedFile, text);
}

bool is_joined(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / kJoinedFile, error);
}

bool is_joined_as_written(const fs::path& folder) {
  const std::string file = (folder / kJoinedFile).string(), text = read_bounded(file, kJoinedMax);
  const json document = parse_checked(text, file);
  json known = {{"format", kJoinedFormat}, {"folders", document["folders"]}, {"names", json::array()}};
  for (const json& name : document["names"])
    known["names"].push_back({{"folder", name["folder"]}, {"row", name["row"]}, {"name", name["name"]}});
  return text == text_of(known);
}

ReportFolders folders_of_report(const fs::path& folder) {
  if (!is_joined(folder)) return {{folder}, {}};
  const std::string file = (folder / kJoinedFile).string();
  const json document = parse_checked(read_bounded(file, kJoinedMax), file);
  const CheckedJson root(document, file);
  if (root.at("format").text(kTextMax) != kJoinedFormat)
    root.at("format").refuse(fmt::format("\"{}\"", kJoinedFormat));
  ReportFolders of;
  for (const std::string& other : root.at("folders").texts(kFoldersMax, kTextMax)) {
    of.folders.push_back(from(folder, other));
    if (has_results(of.folders.back())) continue;
    fail(ErrorKind::io,
         "{}: the report here is of the results in {}, which are not there; bring them there, or report them "
         "again with --out",
         printable(file), printable(of.folders.back().native()));
  }
  if (of.folders.empty()) root.at("folders").refuse("at least one folder");
  const CheckedJson names = root.at("names");
  const std::size_t count = names.array_size(kNamesMax);
  for (std::size_t i = 0; i < count; ++i) {
    const CheckedJson name = names.at(i);
    of.names.push_back({from(folder, name.at("folder").text(kTextMax)), name.at("row").text(kTextMax),
                        name.at("name").text(kTextMax)});
    require_row_name(of.names.back().name, file);
  }
  return of;
}

ReportFolders folders_meant(const std::vector<fs::path>& given) {
  ReportFolders meant;
  std::set<fs::path> known;
  const auto add = [&](const fs::path& folder) {
    if (known.insert(whole(folder)).second) meant.folders.push_back(folder);
  };
  for (const fs::path& folder : given) {
    if (has_results(folder) || !is_joined(folder)) {
      add(folder);
      continue;
    }
    const ReportFolders of = folders_of_report(folder);
    std::ranges::for_each(of.folders, add);
    for (RowName name : of.names) {
      const auto kept = std::ranges::find(meant.folders, whole(name.folder), whole);
      if (kept != meant.folders.end()) name.folder = *kept;  // as it was given first
      meant.names.push_back(std::move(name));
    }
  }
  return meant;
}

}  // namespace offload
