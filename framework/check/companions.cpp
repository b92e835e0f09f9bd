#include "check/companions.hpp"

#include <dlfcn.h>
#include <link.h>

#include <set>
#include <sstream>
#include <string>

#include "core/error.hpp"
#include "plugin/isolated.hpp"
#include "plugin/library.hpp"
#include "process/copies/copy.hpp"

namespace offload {
namespace {

std::set<std::string> loaded_libraries() {
  std::set<std::string> names;
  const auto add = [](dl_phdr_info* library, std::size_t, void* to) {
    static_cast<std::set<std::string>*>(to)->insert(library->dlpi_name);
    return 0;
  };
  dl_iterate_phdr(add, &names);
  return names;
}

// Of a child that loads the plugin: a line each; none where there are threads afterwards.
std::string brought_by(const std::filesystem::path& library) {
  ask_for_one_thread();
  const std::set<std::string> before = loaded_libraries();
  open_plugin(library);
  if (!single_threaded()) return {};
  std::string lines;
  for (const std::string& name : loaded_libraries()) {
    std::error_code error;
    if (!before.contains(name) && !std::filesystem::equivalent(name, library, error) && !error)
      lines += name + "\n";
  }
  return lines;
}

}  // namespace

void load_companions(const PluggedIn& plugin) {
  if (plugin.apart()) return;
  std::string lines;
  try {
    lines = run_isolated(plugin.library.filename().string(), [&] { return brought_by(plugin.library); });
  } catch (const Error&) {
    return;
  }
  if (lines.empty()) return;
  ask_for_one_thread();
  std::istringstream names(lines);
  for (std::string name; std::getline(names, name);) dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
}

}  // namespace offload
