#include "plugin/search.hpp"

#include <cstdlib>
#include <map>
#include <sstream>

#include "core/error.hpp"
#include "files/suggestion.hpp"
#include "plugin/python_source.hpp"
#include "process/installation.hpp"

namespace offload {
namespace fs = std::filesystem;

PluginSearch::PluginSearch(const std::vector<fs::path>& folders) {
  std::error_code error;
  for (const fs::path& folder : folders) {
    if (!fs::is_directory(folder, error)) {
      fail(ErrorKind::config, "--plugin-dir {}: no such folder; create it or correct the path",
           printable(folder.string(), 400));
    }
    folders_.push_back(fs::absolute(folder));
  }
  if (const char* variable = std::getenv("OFFLOAD_BENCH_PLUGIN_PATH")) {
    std::istringstream in(variable);
    for (std::string folder; std::getline(in, folder, ':');) {
      if (!folder.empty() && fs::is_directory(folder, error)) folders_.push_back(fs::absolute(folder));
    }
  }
  if (const fs::path shipped = shipped_folder(); !shipped.empty()) folders_.push_back(shipped);
}

fs::path shipped_folder() {
  const fs::path program = command_or_self();
  return program.empty() ? program : program.parent_path().parent_path() / "lib/offload-bench/plugins";
}

namespace {

fs::path find_python(const PythonAgent& agent, const fs::path& base) {
  std::error_code error;
  const fs::path file = fs::absolute(base / agent.file).lexically_normal();
  if (!fs::is_regular_file(file, error)) {
    fail(ErrorKind::plugin, "{}: no such file of Python; write it or correct the path",
         printable(file.string(), 400));
  }
  if (agent.name.empty()) {
    const std::string name = printable(file.filename().string());
    fail(ErrorKind::plugin, "{}: names no class or function; name one of its own, as in {}:MyAgent", name,
         name);
  }
  fs::path library = file;
  library += ":" + agent.name;
  return library;
}

}  // namespace

fs::path PluginSearch::find(const std::string& reference, const fs::path& base) const {
  std::error_code error;
  if (const auto agent = python_agent(reference)) return find_python(*agent, base);
  if (reference.find('/') != std::string::npos || reference.ends_with(".so")) {
    const fs::path library = fs::absolute(base / reference);
    if (fs::is_regular_file(library, error)) return library;
    fail(ErrorKind::plugin, "{}: no such plugin file; build it or correct the path",
         printable(library.string(), 400));
  }
  for (const fs::path& folder : folders_) {
    const fs::path library = folder / (reference + ".so");
    if (fs::is_regular_file(library, error)) return library;
  }
  std::vector<std::string> known, searched;
  for (const fs::path& library : libraries()) known.push_back(library.stem().string());
  for (const fs::path& folder : folders_) searched.push_back(printable(folder.string(), 400));
  fail(ErrorKind::plugin, "no plugin '{}' in {}; `offload-bench list` shows those there are{}",
       printable(reference), fmt::join(searched, ", "), suggestion(reference, known));
}

std::vector<fs::path> PluginSearch::libraries() const {
  std::map<std::string, fs::path> by_id;
  for (const fs::path& folder : folders_) {
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
      if (at->path().extension() == ".so") by_id.try_emplace(at->path().stem().string(), at->path());
    }
  }
  std::vector<fs::path> sorted;
  for (auto& [id, library] : by_id) sorted.push_back(std::move(library));
  return sorted;
}

}  // namespace offload
