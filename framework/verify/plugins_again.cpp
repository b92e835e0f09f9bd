#include "verify/plugins_again.hpp"

#include "core/error.hpp"
#include "files/sha256.hpp"
#include "plugin/python_source.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr const char* kElsewhere = "its plugin is not here; name its folder by --plugin-dir";

// The installed file of these bytes, or an empty path.
fs::path installed(const PluginSearch& search, const std::string& sha256) {
  for (const fs::path& folder : search.folders()) {
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
      if (at->path().extension() == ".so" && at->is_regular_file() && sha256_of_file(at->path()) == sha256)
        return at->path();
    }
  }
  return {};
}

}  // namespace

LocatedPlugin locate_again(const PluginSettings& settings, const PluginSearch& search, const fs::path& folder,
                           const std::string& stored, bool run_plugins) {
  LocatedPlugin located{{{}, stored, {}}, kElsewhere};
  try {
    located.file.path = search.find(settings.plugin, folder);
    const std::string found = sha256_of_plugin(located.file.path);
    const bool by_path = settings.plugin.find('/') != std::string::npos || settings.plugin.ends_with(".so") ||
                         python_agent(settings.plugin);
    if (!by_path) {
      located.problem = found == stored ? "" : "its plugin here has another SHA-256 than the one that ran";
      return located;
    }
    located.file.sha256 = found;
    const fs::path same = installed(search, found);
    if (!same.empty()) located.file.path = same;
    const bool may_run = run_plugins || !same.empty();
    located.problem = may_run ? "" : "its plugin is the folder's own; --run-plugins runs it";
  } catch (const Error&) {
    // Not found, or not to be read: it is believed.
  }
  return located;
}

}  // namespace offload
