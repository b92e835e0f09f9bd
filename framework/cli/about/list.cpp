// `offload-bench list`: every plugin that can be found, and why a broken one is.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "core/error.hpp"
#include "plugin/isolated.hpp"
#include "plugin/library.hpp"
#include "plugin/search.hpp"
#include "remote/placed.hpp"
#include "report/text/text.hpp"

namespace offload::cli {
namespace {

struct ListOptions {
  std::vector<std::string> folders;
  bool json = false;
};

struct Found {
  std::vector<PluginInfo> plugins;
  std::vector<Error> broken;  // their texts begin with the file
};

PluginInfo identify(const std::filesystem::path& library) {
  const PluginInfo info = plugin_info_from_json(run_isolated(
      library.string(), [&] { return ending_like_it([&] { return to_json(identify_placed(library)); }); }));
  if (info.id != library.stem()) {
    fail(ErrorKind::plugin, "{}: calls itself '{}', so it would not be found; rename the file to {}.so",
         library.string(), info.id, info.id);
  }
  return info;
}

// Those that came with this command, which one process loads together: a process of its own for each, shut
// in, takes ten times as long as all else. None where one of them is wrong: alone, each says so for itself.
std::vector<PluginInfo> identify_shipped(const std::vector<std::filesystem::path>& libraries) {
  const auto all = [&] {
    nlohmann::json infos = nlohmann::json::array();
    for (const auto& library : libraries) infos.push_back(to_json(identify_plugin(library)));
    return infos.dump();
  };
  try {
    std::vector<PluginInfo> infos;
    for (const nlohmann::json& info : nlohmann::json::parse(run_isolated("the shipped plugins", all)))
      infos.push_back(plugin_info_from_json(info.get<std::string>()));
    const auto found = [](const PluginInfo& info) { return info.id == info.path.stem(); };
    if (std::ranges::all_of(infos, found)) return infos;
  } catch (const std::exception&) {
  }
  return {};
}

Found look(const ListOptions& options) {
  Found found;
  std::vector<std::filesystem::path> alone =
      PluginSearch({options.folders.begin(), options.folders.end()}).libraries();
  const auto others = std::ranges::stable_partition(
      alone, [shipped = shipped_folder()](const auto& library) { return library.parent_path() == shipped; });
  found.plugins = identify_shipped({alone.begin(), others.begin()});
  if (!found.plugins.empty()) alone.erase(alone.begin(), others.begin());
  for (const auto& library : alone) {
    try {
      found.plugins.push_back(identify(library));
    } catch (const Error& error) {
      found.broken.push_back(error);
    }
  }
  std::ranges::sort(found.plugins, {}, [](const PluginInfo& info) { return std::pair(info.id, info.path); });
  std::ranges::stable_sort(found.plugins, {}, &PluginInfo::kind);
  return found;
}

void print_json(const Found& found) {
  nlohmann::json out = {{"plugins", nlohmann::json::array()}, {"broken", nlohmann::json::array()}};
  for (const PluginInfo& info : found.plugins) {
    out["plugins"].push_back({{"kind", to_string(info.kind)},
                              {"id", info.id},
                              {"version", info.version},
                              {"summary", info.summary},
                              {"path", info.path.string()},
                              {"sha256", info.sha256}});
  }
  for (const Error& error : found.broken) out["broken"].push_back(error.what());
  fmt::print("{}\n", out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

// A file is FOLDER/ID.so, so folders say where all are.
void print_table(const Found& found) {
  std::size_t id = 2, version = 7;
  std::map<std::filesystem::path, std::vector<std::string>> folders;
  for (const PluginInfo& info : found.plugins) {
    id = std::max(id, info.id.size());
    version = std::max(version, info.version.size());
    folders[info.path.parent_path()].push_back(info.id);
  }
  const std::string indent(12 + id + version, ' ');
  fmt::print("{:<6}  {:<{}}  {:<{}}  {}\n", "KIND", "ID", id, "VERSION", version, "SUMMARY");
  for (const PluginInfo& info : found.plugins) {
    fmt::print("{:<6}  {:<{}}  {:<{}}  {}\n", to_string(info.kind), info.id, id, info.version, version,
               text::wrapped(info.summary, table_width() - static_cast<int>(indent.size()), indent));
  }
  for (const auto& [folder, ids] : folders) {
    const std::string of = folders.size() == 1 ? "all" : fmt::format("{}", fmt::join(ids, ", "));
    fmt::print("\nin {}:\n  {}\n", printable(folder.string(), 400),
               text::wrapped(of, table_width() - 2, "  "));
  }
  for (const Error& error : found.broken) tell("offload-bench: broken plugin: {}\n", error.what());
}

int list(const ListOptions& options) {
  const Found found = look(options);
  options.json ? print_json(found) : print_table(found);
  return found.broken.empty() ? 0 : Error(ErrorKind::plugin, "").exit_status();
}

}  // namespace

void add_list(CLI::App& app, Action& action) {
  const auto options = std::make_shared<ListOptions>();
  CLI::App* verb = app.add_subcommand("list", "Show the agents and rewards that can be found");
  verb->add_option("--plugin-dir", options->folders, "A folder to search first; may be repeated")
      ->allow_extra_args(false);
  verb->add_flag("--json", options->json, "Print JSON");
  verb->footer(
      "Searched after --plugin-dir: OFFLOAD_BENCH_PLUGIN_PATH (colon separated), then the built-in plugins.\n"
      "Example: offload-bench list --plugin-dir my-plugins/build");
  verb->callback([options, &action] { action = [options] { return list(*options); }; });
}

}  // namespace offload::cli
