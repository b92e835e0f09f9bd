#include "remote/python_program.hpp"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/error.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

bool is_program(const fs::path& file) {
  std::error_code error;
  return fs::is_regular_file(file, error) && access(file.c_str(), X_OK) == 0;
}

// And no script, which would need another interpreter of its own.
bool is_binary(const fs::path& file) {
  static constexpr std::array<char, 4> kElf = {'\x7f', 'E', 'L', 'F'};
  std::array<char, 4> head{};
  std::ifstream in(file, std::ios::binary);
  return in.read(head.data(), head.size()) && head == kElf;
}

std::vector<fs::path> all_of(const char* variable) {
  std::vector<fs::path> paths;
  const char* value = std::getenv(variable);
  std::istringstream in(value == nullptr ? "" : value);
  for (std::string path; std::getline(in, path, ':');) paths.emplace_back(path);
  return paths;
}

std::vector<fs::path> paths_of(const char* variable) {
  std::vector<fs::path> paths = all_of(variable);
  std::erase_if(paths, [](const fs::path& path) { return !path.is_absolute(); });
  return paths;
}

// What the user has installed, as the interpreter itself would find it by a home that it is not told.
fs::path user_base() {
  const char* home = std::getenv("HOME");
  const char* base = std::getenv("PYTHONUSERBASE");
  return base != nullptr ? fs::path(base) : home != nullptr ? fs::path(home) / ".local" : "";
}

fs::path interpreter_at(const std::string& named) {
  constexpr const char* kFix = "set python = \"...\" in its row, or interpreter in [python]";
  if (named.find('/') == std::string::npos) {
    for (const fs::path& folder : paths_of("PATH")) {
      const fs::path file = folder / named;
      if (is_program(file) && is_binary(file)) return file;
    }
    fail(ErrorKind::config, "{}: not found; install it, or {}", printable(named), kFix);
  }
  const fs::path file = fs::absolute(named);
  const std::string shown = printable(file.string(), 400);
  if (!is_program(file)) fail(ErrorKind::config, "{}: no interpreter is there; {}", shown, kFix);
  if (!is_binary(file)) {
    fail(ErrorKind::config,
         "{}: is a script and no interpreter; name what it starts, which is sys.executable there", shown);
  }
  return file;
}

// The folder that an installation has to itself, with all in it; where it shares it with a whole system, what
// it has there.
void add_installation(const fs::path& program, std::vector<fs::path>& readable) {
  readable.push_back(program);
  const fs::path prefix = program.parent_path().parent_path();
  const bool shared = prefix == "/usr" || prefix == "/usr/local" || prefix == "/";
  readable.push_back(shared ? prefix / "lib" : prefix);
}

std::vector<std::string> environment_of(std::vector<fs::path>& readable) {
  // One order of sets of texts, and one thread a trial: the same seed, the same bits. What only changes how
  // Python itself behaves is none of the caller's.
  std::vector<std::string> environment = {
      "PYTHONHASHSEED=0", "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1",
      "NUMEXPR_NUM_THREADS=1", "PYTHONOPTIMIZE=", "PYTHONINSPECT=", "PYTHONDEBUG=", "PYTHONSTARTUP=",
      // No program is found to be started, which none can be: libraries then do without.
      "PATH=",
      // They insist on folders for what they keep, and do without where one is there that takes nothing.
      "TORCHINDUCTOR_CACHE_DIR=/tmp", "MPLCONFIGDIR=/tmp"};
  for (const fs::path& path : paths_of("PYTHONPATH")) readable.push_back(path);
  if (const fs::path user = user_base(); user.is_absolute()) {
    environment.push_back("PYTHONUSERBASE=" + user.string());
    readable.push_back(user / "lib");
  }
  return environment;
}

// What an interpreter that begins may run of a folder that is the plugin's, outside every bound.
class Reach {
 public:
  explicit Reach(const fs::path& folder)
      : names_{fs::absolute(folder).lexically_normal().native(), canonical(folder)} {}

  bool has(const fs::path& path) const { return (canonical(path) + '/').starts_with(names_[1] + '/'); }
  // Whether anything of it is where modules are looked for: in doubt, as where a path is relative.
  bool is_looked_through_by(const fs::path& program) const {
    std::vector<fs::path> bases = {program, fs::canonical(program)};
    for (fs::path& base : bases) base = base.parent_path().parent_path();
    bases.emplace_back("/usr/local");
    if (const fs::path user = user_base(); !user.empty()) bases.push_back(user);
    for (const fs::path& home : all_of("PYTHONHOME")) bases.push_back(home);
    std::vector<fs::path> paths = all_of("PYTHONPATH");
    paths.insert(paths.end(), bases.begin(), bases.end());
    for (const fs::path& path : paths)
      if (!path.is_absolute() || has(path)) return true;
    for (const fs::path& base : bases)
      for (const char* libraries : {"lib", "lib64", "local/lib"})
        for (const fs::path& python : entries_of(base / libraries))
          if (python.filename().native().starts_with("python"))
            for (const char* packages : {"site-packages", "dist-packages"})
              if (is_led_to_from(python / packages)) return true;
    return false;
  }

 private:
  static std::string canonical(const fs::path& path) {
    std::error_code error;
    std::string name = fs::weakly_canonical(path, error).native();
    while (name.ends_with('/')) name.pop_back();
    return name;
  }
  static std::vector<fs::path> entries_of(const fs::path& folder) {
    std::vector<fs::path> entries;
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
      entries.push_back(at->path());
    return entries;
  }
  // By a line of a .pth file there, or what such a line of pip's imports.
  bool is_led_to_from(const fs::path& packages) const {
    if (has(packages)) return true;
    for (const fs::path& entry : entries_of(packages)) {
      if (entry.extension() != ".pth" && !entry.filename().native().starts_with("__editable__")) continue;
      std::ifstream in(entry);
      for (std::string line; std::getline(in, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (line.find(names_[0]) != line.npos || line.find(names_[1]) != line.npos) return true;
        if (entry.extension() == ".pth" && !line.starts_with("import") && !line.empty() &&
            has(packages / line))
          return true;
      }
    }
    return false;
  }

  std::array<std::string, 2> names_;
};

}  // namespace

PythonProgram python_program(const PythonAgent& agent, const std::string& interpreter) {
  const fs::path program = interpreter_at(interpreter);
  const fs::path serve = python_folder() / "serve.py";
  PythonProgram python;
  std::error_code error;
  if (!fs::exists(serve, error)) {
    fail(ErrorKind::plugin, "{}: is not there, and agents in Python need it; `./dev build` puts it there",
         printable(serve.string(), 400));
  }
  // -u: what is printed before a crash is kept. -B: nothing can be written.
  python.program = {program.string(), "-u", "-B", "-X", "utf8", serve.string(), agent.name};
  const fs::path root = agent.file.parent_path(), nursery = python_folder() / "liboffload_nursery.so";
  // Of the interpreter that the caller chose: what it begins with is not shut in.
  if (interpreter == default_python() && fs::exists(nursery, error) &&
      !Reach(root).is_looked_through_by(program)) {
    python.nursery.assign(python.program.begin() + 1, python.program.end() - 1);
    python.nursery.insert(python.nursery.end(), {"--nursery", nursery.string()});
  }
  python.readable = {python_folder()};
  const PythonFiles files = python_files(agent.file);
  for (const auto* list : {&files.sources, &files.models})
    for (const fs::path& file : *list) python.readable.push_back(root / file);
  for (const fs::path& folder : files.folders) python.listable.push_back(root / folder);
  add_installation(program, python.readable);
  add_installation(fs::canonical(program), python.readable);
  python.environment = environment_of(python.readable);
  return python;
}

}  // namespace offload
