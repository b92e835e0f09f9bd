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

// As a path from here where `folder` was given as one.
fs::path as_typed(const fs::path& folder, const fs::path& found) {
  if (folder.is_absolute() || found.is_relative()) return found.lexically_normal();
  return found.lexically_relative(whole("."));
}

// For what the folders of a report are looked up: what it was made of, or what it is to be made of anew.
enum class Wanted { same, anew };

// Finds the results that the report in `folder` says to have been somewhere.
class Finding {
 public:
  Finding(const fs::path& folder, const std::vector<fs::path>& given, Wanted wanted)
      : folder_(folder), given_(given), wanted_(wanted) {}

  fs::path find(const SaidFolder& said, const std::vector<SaidFolder>& all) {
    const fs::path there = from(folder_, said.path);
    if (!said.identity.empty() && search_.of(there) == said.identity) return there;
    const fs::path here = whole(folder_);
    fs::path elsewhere =
        search_.folder_with(said.identity, given_, {whole(there).parent_path(), here.parent_path(), here});
    if (!elsewhere.empty() && std::ranges::find(given_, elsewhere) == given_.end())
      elsewhere = as_typed(folder_, elsewhere);
    if (elsewhere.empty() && !has_results(there)) {
      fail(ErrorKind::io,
           "{}: the report here is of the results in {}, which are not there nor near; bring them there, "
           "name the folder that they are in as well, or report them again with --out",
           printable((folder_ / kJoinedFile).native()), printable(there.native()));
    }
    if (elsewhere.empty()) return there;
    return wanted_ == Wanted::anew && has_results(there) ? newer(there, elsewhere, all) : elsewhere;
  }

 private:
  // Of the place that was named and what has what it had: a copy is no newer than the run that went on since.
  fs::path newer(const fs::path& there, const fs::path& elsewhere, const std::vector<SaidFolder>& all) {
    const bool of_another =
        std::ranges::find(all, search_.of(there), &SaidFolder::identity) != all.end();  // they were swapped
    if (of_another) return elsewhere;
    if (goes_on(there, elsewhere)) return there;
    fail(ErrorKind::config,
         "{}: {} holds other results than those that the report is of, which are in {}; name the results "
         "folders that are meant, with --out {}",
         printable((folder_ / kJoinedFile).native()), printable(there.native()),
         printable(elsewhere.native()), printable(folder_.native()));
  }

  const fs::path& folder_;
  const std::vector<fs::path>& given_;
  Wanted wanted_;
  IdentitySearch search_;
};

std::vector<SaidFolder> said_of(const CheckedJson& folders, std::size_t count) {
  std::vector<SaidFolder> said;
  for (std::size_t i = 0; i < count; ++i) {
    const auto text = [one = folders.at(i)](const char* of_it) { return one.at(of_it).text(kTextMax); };
    said.push_back({text("path"), text("name"), text("identity")});
  }
  return said;
}

// What is said in `folder`, where the results are and what they are called.
ReportFolders read_folders(const fs::path& folder, const std::vector<fs::path>& given, Wanted wanted) {
  const std::string file = (folder / kJoinedFile).string();
  const json document = parse_checked(read_bounded(file, kJoinedMax), file);
  const CheckedJson root(document, file);
  if (root.at("format").text(kTextMax) != kJoinedFormat)
    root.at("format").refuse(fmt::format(
        "\"{}\" (make a report of another version again: offload-bench report DIR... --out)", kJoinedFormat));
  ReportFolders of;
  const CheckedJson folders = root.at("folders"), names = root.at("names");
  const std::size_t count = folders.array_size(kFoldersMax), renamed = names.array_size(kNamesMax);
  if (count == 0) folders.refuse("at least one folder");
  of.said = said_of(folders, count);
  Finding finding(folder, given, wanted);
  for (const SaidFolder& said : of.said) of.folders.push_back(finding.find(said, of.said));
  for (std::size_t i = 0; i < renamed; ++i) {
    const CheckedJson name = names.at(i);
    const auto index = name.at("folder").integer(0, static_cast<std::int64_t>(count) - 1);
    of.names.push_back({of.folders[static_cast<std::size_t>(index)], name.at("row").text(kTextMax),
                        name.at("name").text(kTextMax)});
    require_row_name(of.names.back().name, file);
  }
  return of;
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
  return read_folders(folder, given, Wanted::same);
}

std::vector<fs::path> folders_beneath(const fs::path& folder) {
  std::vector<fs::path> beneath;
  if (!is_joined(folder)) return beneath;
  const std::string file = (folder / kJoinedFile).string();
  const json document = parse_checked(read_bounded(file, kJoinedMax), file);
  const CheckedJson folders = CheckedJson(document, file).at("folders");
  const fs::path here = whole(folder);
  IdentitySearch search;
  for (const SaidFolder& said : said_of(folders, folders.array_size(kFoldersMax))) {
    const fs::path there = whole(here / said.path), below = there.lexically_relative(here);
    if (below.empty() || below == "." || *below.begin() == "..") continue;
    if (!said.identity.empty() && search.of(there) == said.identity) beneath.push_back(below);
  }
  return beneath;
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
    const ReportFolders of = read_folders(folder, given, Wanted::anew);
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
