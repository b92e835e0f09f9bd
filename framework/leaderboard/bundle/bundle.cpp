#include "leaderboard/bundle/bundle.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "files/checked_json.hpp"
#include "files/machine.hpp"
#include "files/plain_file.hpp"
#include "files/sha256.hpp"
#include "files/toml_reader.hpp"
#include "plugin/python_source.hpp"
#include "report/report.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kBundleFormat = "offload-bundle/1";
constexpr const char* kManifest = "manifest.json";
constexpr std::size_t kManifestMost = std::size_t{16} << 20, kSuiteMost = std::size_t{4} << 20;
constexpr std::size_t kProjectsMost = 50;

bool is_id(const std::string& id) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !id.empty() && id.size() <= 60 && id.front() != '-' && std::ranges::all_of(id, plain);
}

// Files below `folder` but for hidden ones and a build's, by their paths there.
std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.starts_with('.') || (name == "build" && at->is_directory())) {
      at.disable_recursion_pending();
      continue;
    }
    if (at->is_symlink())
      fail(ErrorKind::data, "{}: is a link; a bundle holds none", printable(at->path().native()));
    if (at->is_regular_file()) found.push_back(at->path().lexically_relative(folder));
  }
  if (error) fail(ErrorKind::io, "{}: {}", printable(folder.native()), error.message());
  std::ranges::sort(found);
  return found;
}

class Packer {
 public:
  void add(const std::string& path, const fs::path& file) {
    files_.push_back({path, file});
    std::error_code error;
    const std::uint64_t size = fs::file_size(file, error);
    if (error) fail(ErrorKind::io, "{}: {}", printable(file.native()), error.message());
    manifest.files[path] = {size, sha256_of_file(file)};
  }
  void add_below(const std::string& path, const fs::path& folder) {
    for (const fs::path& file : files_below(folder)) add(path + "/" + file.generic_string(), folder / file);
  }
  void write(const fs::path& bundle) {
    files_.insert(files_.begin(), {kManifest, {}, to_json(manifest)});
    pack_archive(files_, bundle);
  }

  BundleManifest manifest;

 private:
  std::vector<PackedFile> files_;
};

// What the report counts, so that nothing half-written or foreign goes along.
void add_results(Packer& packer, const fs::path& results, const Report& report) {
  if (report.finished() != report.plan.trials.size() || !report.clean()) {
    fail(ErrorKind::config, "{}: {} of {} finished, {} failed; run it again before it is submitted",
         printable(results.native()), report.finished(), counted(report.plan.trials.size(), "trial"),
         report.failed());
  }
  packer.add("results/suite.toml", results / "suite.toml");
  packer.add("results/suite.json", results / "suite.json");
  if (fs::exists(results / "inputs")) packer.add_below("results/inputs", results / "inputs");
  for (const PlannedTrial& trial : report.plan.trials)
    packer.add("results/trials/" + trial.key + ".json", results / "trials" / (trial.key + ".json"));
}

void add_plugins(Packer& packer, const Report& report, const PluginSearch& search) {
  std::set<std::string> known;
  for (const RowFigures& row : report.rows) {
    const std::string& id = row.row.plugin;
    if (!is_id(id) || !known.insert(id).second) continue;
    try {
      const fs::path library = search.find(id);
      if (library.parent_path() == shipped_folder() || sha256_of_file(library) != row.plugin_sha256) continue;
      packer.add("plugins/" + id + ".so", library);
      packer.manifest.plugins.push_back(id);
    } catch (const Error&) {
      // Not installed here: it lies in the results folder already, or the board takes the decisions alone.
    }
  }
}

// Its files lie in the results once it has run.
bool is_python_project(const fs::path& project) {
  if (python_agent(project.native())) return true;
  std::error_code error;
  if (fs::exists(project / "CMakeLists.txt", error)) return false;
  return std::ranges::any_of(fs::directory_iterator(project, error),
                             [](const auto& file) { return file.path().extension() == ".py"; });
}

void add_sources(Packer& packer, const std::vector<fs::path>& projects) {
  for (const fs::path& project : projects) {
    const std::string id = fs::absolute(project).lexically_normal().filename().string();
    if (is_python_project(project)) {
      fail(ErrorKind::config,
           "--source {}: a plugin in Python goes along by itself (its files are in inputs/python of the "
           "results) and needs no --source; leave it out",
           printable(project.native()));
    }
    if (!is_id(id) || !fs::is_regular_file(project / "CMakeLists.txt")) {
      fail(ErrorKind::config,
           "--source {}: expected a folder called as its plugin, with a CMakeLists.txt in it",
           printable(project.native()));
    }
    packer.add_below("source/" + id, project);
    packer.manifest.sources.push_back(id);
  }
}

// A string of a suite as a path: it has to stay below the suite.
void check_path(const std::string& text, const std::string& key, const std::string& place) {
  if (key == "python" || key == "interpreter") return;  // the board's own is taken in its place
  const fs::path path(text);
  const bool up = std::ranges::find(path, "..") != path.end();
  if (path.is_absolute() || up || text.starts_with('~'))
    fail(ErrorKind::data,
         "{}: {} = \"{}\" names a file outside the bundle; put the file beside the suite or below it, name "
         "it from there, and run the suite again",
         place, printable(key), printable(text));
}

// `file` is what the suite is called in messages.
void check_paths(const toml::node& node, const std::string& key, const std::string& file) {
  if (const auto* text = node.as_string())
    check_path(text->get(), key, fmt::format("{}:{}", file, node.source().begin.line));
  if (const auto* list = node.as_array()) {
    for (const toml::node& one : *list) check_paths(one, key, file);
  }
  if (const auto* table = node.as_table()) {
    for (const auto& [name, one] : *table) check_paths(one, std::string(name.str()), file);
  }
}

// Whether a path is one that a bundle may have; `manifest` says which sources and plugins.
bool expected(const std::string& path, const BundleManifest& manifest) {
  const auto below = [&](const std::string& folder) { return path.starts_with(folder + "/"); };
  const auto is_result = [&](const char* folder) {
    return below(folder) && path.ends_with(".json") && std::ranges::count(path, '/') == 2;
  };
  if (path == "results/suite.toml" || path == "results/suite.json" || below("results/inputs")) return true;
  if (is_result("results/trials")) return true;
  const auto of = [&](const std::vector<std::string>& ids, const auto& matches) {
    return std::ranges::any_of(ids, matches);
  };
  return of(manifest.sources, [&](const std::string& id) { return below("source/" + id); }) ||
         of(manifest.plugins, [&](const std::string& id) { return path == "plugins/" + id + ".so"; });
}

std::vector<std::string> ids_of(const CheckedJson& list) {
  std::vector<std::string> ids = list.texts(kProjectsMost, kEntrantMost);
  for (const std::string& id : ids) {
    if (!is_id(id)) list.refuse("ids of plugins");
  }
  return ids;
}

}  // namespace

void check_entrant(const std::string& name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  const auto plain = [&](char c) {
    return letter(c) || std::string_view(" ._+-@()").find(c) != std::string_view::npos;
  };
  if (!name.empty() && name.size() <= kEntrantMost && letter(name.front()) && name.back() != ' ' &&
      std::ranges::all_of(name, plain))
    return;
  fail(ErrorKind::config,
       "'{}' cannot be an entrant's name; use up to {} letters, digits and ' ._+-@()', a letter or digit "
       "first",
       printable(name), kEntrantMost);
}

BundleManifest pack_bundle(const fs::path& results, const BundleSettings& settings,
                           const PluginSearch& search, const fs::path& bundle) {
  check_entrant(settings.entrant);
  const fs::path suite = results / "suite.toml";
  check_paths(parse_toml(read_bounded(suite, kSuiteMost), suite.string()), "", printable(suite.native()));
  const Report report = report_of(std::vector<fs::path>{results});
  Packer packer;
  packer.manifest.entrant = settings.entrant;
  packer.manifest.note = settings.note.substr(0, kNoteMost);
  packer.manifest.task = report.plan.suite;
  packer.manifest.version = report.plan.version;
  packer.manifest.machine = machine_facts();
  add_results(packer, results, report);
  add_plugins(packer, report, search);
  add_sources(packer, settings.sources);
  check_plugins(packer.manifest, report.plan);
  packer.write(bundle);
  return packer.manifest;
}

void check_plugins(const BundleManifest& manifest, const ReportPlan& results) {
  for (const auto* ids : {&manifest.sources, &manifest.plugins}) {
    for (const std::string& id : *ids) {
      if (std::ranges::find(results.rows, id, &ReportRow::plugin) == results.rows.end())
        fail(ErrorKind::data, "plugin '{}': no row of the results has run it; leave it out", id);
    }
  }
}

BundleManifest unpack_bundle(const fs::path& bundle, const fs::path& folder) {
  ArchivedFiles files = unpack_archive(bundle, folder);
  const std::string shown = printable(bundle.filename().native());
  if (files.erase(kManifest) == 0) fail(ErrorKind::data, "{}: has no {}", shown, kManifest);
  const std::string text = read_bounded(folder / kManifest, kManifestMost);
  BundleManifest manifest = bundle_manifest_from_json(text, shown + ": " + kManifest);
  // What is said twice, or beside what is read, could be read otherwise elsewhere.
  if (to_json(manifest) != text)
    fail(ErrorKind::data, "{}: {}: is not as `offload-bench submit` writes it", shown, kManifest);
  for (const auto& [path, file] : files) {
    if (!expected(path, manifest))
      fail(ErrorKind::data, "{}: {}: no part of a bundle", shown, printable(path, 300));
    const auto named = manifest.files.find(path);
    if (named == manifest.files.end() || named->second != file)
      fail(ErrorKind::data, "{}: {}: is not what the manifest says", shown, printable(path, 300));
  }
  for (const auto& [path, unused] : manifest.files) {
    if (!files.contains(path)) fail(ErrorKind::data, "{}: {}: is missing", shown, printable(path, 300));
  }
  for (const char* needed : {"results/suite.toml", "results/suite.json"}) {
    if (!files.contains(needed)) fail(ErrorKind::data, "{}: {}: is missing", shown, needed);
  }
  check_paths(parse_toml(read_bounded(folder / "results/suite.toml", kSuiteMost), "suite.toml"), "",
              "suite.toml");
  return manifest;
}

std::string to_json(const BundleManifest& manifest) {
  Json files = Json::object();
  for (const auto& [path, file] : manifest.files)
    files[path] = {{"bytes", file.bytes}, {"sha256", file.sha256}};
  const Json document = {
      {"format", kBundleFormat},     {"entrant", manifest.entrant}, {"note", manifest.note},
      {"task", manifest.task},       {"version", manifest.version}, {"sources", manifest.sources},
      {"plugins", manifest.plugins}, {"machine", manifest.machine}, {"files", files}};
  return document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

BundleManifest bundle_manifest_from_json(const std::string& text, const std::string& file_name) {
  const nlohmann::json document = parse_checked(text, file_name);
  const CheckedJson root(document, file_name);
  if (root.at("format").text(kTextMax) != kBundleFormat) root.at("format").refuse(kBundleFormat);
  BundleManifest manifest;
  manifest.entrant = root.at("entrant").text(kEntrantMost);
  try {
    check_entrant(manifest.entrant);
  } catch (const Error& error) {
    fail(ErrorKind::data, "{}: /entrant: {}", file_name, error.what());
  }
  manifest.note = root.at("note").text(kNoteMost);
  manifest.task = root.at("task").text(kTextMax);
  manifest.version = root.at("version").text(kEntrantMost);
  manifest.sources = ids_of(root.at("sources"));
  manifest.plugins = ids_of(root.at("plugins"));
  const CheckedJson machine = root.at("machine"), files = root.at("files");
  if (machine.object().size() > kProjectsMost) machine.refuse("at most 50 facts");
  for (const auto& [name, unused] : machine.object())
    manifest.machine[name.substr(0, kTextMax)] = machine.at(name.c_str()).text(kTextMax);
  for (const auto& [path, unused] : files.object()) {
    const CheckedJson file = files.at(path.c_str());
    manifest.files[path] = {static_cast<std::uint64_t>(file.at("bytes").integer(0)),
                            file.at("sha256").text(kEntrantMost + 4)};
  }
  return manifest;
}

}  // namespace offload
