#include "results/joining/joined_folder.hpp"

#include <algorithm>
#include <set>

#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "files/checked_json.hpp"
#include "files/plain_file.hpp"
#include "results/joining/identity.hpp"
#include "results/joining/joined_text.hpp"
#include "results/result_reading.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kJoinedFormat = "offload-joined/2";
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

// Where the results are that the report in `folder` says to have been there.
fs::path found(const fs::path& folder, const SaidFolder& said, const std::vector<fs::path>& given) {
  const fs::path there = from(folder, said.path);
  if (identity_of(there) == said.identity) return there;
  const fs::path near = folder.has_filename() ? folder : folder.parent_path();
  const fs::path elsewhere =
      folder_with(said.identity, given,
                  {there.parent_path(), near.has_parent_path() ? near.parent_path() : fs::path("."), near});
  if (!elsewhere.empty()) return elsewhere.lexically_normal();
  if (has_results(there)) return there;
  fail(ErrorKind::io,
       "{}: the report here is of the results in {}, which are not there nor near; bring them there, name "
       "the folder that they are in as well, or report them again with --out",
       printable((folder / kJoinedFile).native()), printable(there.native()));
}

}  // namespace

std::vector<std::string> names_of(const ReportFolders& of) {
  if (of.said.empty()) return short_names(of.folders);
  std::vector<std::string> names;
  for (const SaidFolder& said : of.said) names.push_back(said.name);
  return names;
}

void write_joined(const fs::path& out, const ReportFolders& of) {
  const fs::path here = whole(out);
  if (of.folders.size() == 1 && of.names.empty() && whole(of.folders.front()) == here) {
    std::error_code error;
    fs::remove(out / kJoinedFile, error);
    return;
  }
  json document = {{"format", kJoinedFormat}, {"folders", json::array()}, {"names", json::array()}};
  const std::vector<std::string> names = names_of(of);
  for (std::size_t i = 0; i < of.folders.size(); ++i) {
    document["folders"].push_back({{"path", whole(of.folders[i]).lexically_relative(here).generic_string()},
                                   {"name", names[i]},
                                   {"identity", identity_of(of.folders[i])}});
  }
  for (const RowName& name : of.names) {
    const auto at = std::ranges::find(of.folders, whole(name.folder), whole);
    document["names"].push_back(
        {{"folder", at - of.folders.begin()}, {"row", name.row}, {"name", name.name}});
  }
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
  json known = {{"format", kJoinedFormat}, {"folders", json::array()}, {"names", json::array()}};
  for (const json& said : document["folders"])
    known["folders"].push_back(
        {{"path", said["path"]}, {"name", said["name"]}, {"identity", said["identity"]}});
  for (const json& name : document["names"])
    known["names"].push_back({{"folder", name["folder"]}, {"row", name["row"]}, {"name", name["name"]}});
  return text == text_of(known);
}

ReportFolders folders_of_report(const fs::path& folder, const std::vector<fs::path>& given) {
  if (!is_joined(folder)) return {{folder}, {}};
  const std::string file = (folder / kJoinedFile).string();
  const json document = parse_checked(read_bounded(file, kJoinedMax), file);
  const CheckedJson root(document, file);
  if (root.at("format").text(kTextMax) != kJoinedFormat)
    root.at("format").refuse(fmt::format("\"{}\"", kJoinedFormat));
  ReportFolders of;
  const CheckedJson folders = root.at("folders"), names = root.at("names");
  const std::size_t count = folders.array_size(kFoldersMax), renamed = names.array_size(kNamesMax);
  if (count == 0) folders.refuse("at least one folder");
  for (std::size_t i = 0; i < count; ++i) {
    const auto text = [one = folders.at(i)](const char* of_it) { return one.at(of_it).text(kTextMax); };
    of.said.push_back({text("path"), text("name"), text("identity")});
    of.folders.push_back(found(folder, of.said.back(), given));
  }
  for (std::size_t i = 0; i < renamed; ++i) {
    const CheckedJson name = names.at(i);
    const auto index = name.at("folder").integer(0, static_cast<std::int64_t>(count) - 1);
    of.names.push_back({of.folders[static_cast<std::size_t>(index)], name.at("row").text(kTextMax),
                        name.at("name").text(kTextMax)});
    require_row_name(of.names.back().name, file);
  }
  return of;
}

bool lies_where_said(const fs::path& folder, const ReportFolders& of, std::size_t index) {
  return whole(from(folder, of.said[index].path)) == whole(of.folders[index]);
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
    const ReportFolders of = folders_of_report(folder, given);
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
