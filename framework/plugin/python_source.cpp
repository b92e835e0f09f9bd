#include "plugin/python_source.hpp"

#include <algorithm>
#include <cstdlib>

#include "core/error.hpp"
#include "files/sha256.hpp"
#include "plugin/search.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSourcesMost = 1000, kEntriesMost = 100'000;
constexpr std::uintmax_t kBytesMost = 10'000'000;
constexpr std::string_view kEnding = ".py";
// Neither data sets nor results are written so.
constexpr std::string_view kModels[] = {".npy", ".npz", ".onnx", ".pt", ".pth", ".safetensors", ".zip"};

bool is_passed_over(const fs::path& folder) {
  std::error_code error;
  const std::string name = folder.filename().string();
  return name.starts_with('.') || name == "__pycache__" || fs::exists(folder / "pyvenv.cfg", error) ||
         fs::exists(folder / "suite.json", error);
}

[[noreturn]] void too_much(const fs::path& root) {
  fail(ErrorKind::plugin,
       "{}: more than {} .py files or folders, or .py files of more than {} MB, are below it; all are part "
       "of an agent "
       "in Python; move the agent to a folder of its own",
       printable(root.string(), 400), kSourcesMost, kBytesMost / 1'000'000);
}

}  // namespace

std::optional<PythonAgent> python_agent(std::string_view reference) {
  if (reference.ends_with(kEnding)) return PythonAgent{reference, ""};
  const std::size_t colon = reference.rfind(':');
  if (colon == std::string_view::npos || !reference.substr(0, colon).ends_with(kEnding)) return std::nullopt;
  return PythonAgent{reference.substr(0, colon), std::string(reference.substr(colon + 1))};
}

PythonFiles python_files(const fs::path& file) {
  const fs::path root = fs::absolute(file).parent_path();
  PythonFiles files{{}, {}, {"."}};
  std::uintmax_t bytes = 0;
  std::size_t entries = 0;
  std::error_code error, none;  // of the walk; of an entry, such as a link to nothing
  for (fs::recursive_directory_iterator at(root, error), end; !error && at != end; at.increment(error)) {
    // The search itself is bounded as well: an agent may lie in a folder of very much else.
    if (++entries > kEntriesMost) too_much(root);
    if (at->is_directory(none)) {
      if (is_passed_over(at->path())) {
        at.disable_recursion_pending();
      } else {
        files.folders.push_back(at->path().lexically_relative(root));
        if (files.folders.size() > kSourcesMost) too_much(root);
      }
    } else if (!at->is_regular_file(none)) {
      continue;
    } else if (at->path().extension() == kEnding) {
      files.sources.push_back(at->path().lexically_relative(root));
      bytes += at->file_size(none);
      if (files.sources.size() > kSourcesMost || bytes > kBytesMost) too_much(root);
    } else if (std::ranges::count(kModels, at->path().extension().string()) > 0) {
      files.models.push_back(at->path().lexically_relative(root));
    }
  }
  if (error) {
    fail(ErrorKind::plugin, "{}: cannot be read: {}; an agent's folder has to be",
         printable(root.string(), 400), error.message());
  }
  for (auto* list : {&files.sources, &files.models, &files.folders}) std::ranges::sort(*list);
  return files;
}

std::string default_python() {
  const char* named = std::getenv("OFFLOAD_BENCH_PYTHON");
  return named == nullptr || *named == '\0' ? "python3" : named;
}

fs::path python_folder() {
  const fs::path plugins = shipped_folder();
  return plugins.empty() ? plugins : plugins.parent_path() / "python";
}

std::string sha256_of_plugin(const fs::path& library) {
  const auto agent = python_agent(library.native());
  if (!agent) return sha256_of_file(library);
  std::string text;
  for (const fs::path& source : python_files(agent->file).sources) {
    text += fmt::format("{}:{} {}\n", source.native().size(), source.native(),
                        sha256_of_file(agent->file.parent_path() / source));
  }
  // Which of the folder's agents it is.
  text += fmt::format("{}:{}\n", agent->file.filename().native(), agent->name);
  return sha256_of(text);
}

}  // namespace offload
