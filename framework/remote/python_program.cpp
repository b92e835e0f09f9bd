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

std::vector<fs::path> paths_of(const char* variable) {
  std::vector<fs::path> paths;
  const char* value = std::getenv(variable);
  std::istringstream in(value == nullptr ? "" : value);
  for (std::string path; std::getline(in, path, ':');) {
    if (fs::path(path).is_absolute()) paths.emplace_back(path);
  }
  return paths;
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
  // Of the user, as the interpreter itself would find it by a home that it is not told.
  const char* home = std::getenv("HOME");
  const char* base = std::getenv("PYTHONUSERBASE");
  const fs::path user = base != nullptr ? fs::path(base) : home != nullptr ? fs::path(home) / ".local" : "";
  if (user.is_absolute()) {
    environment.push_back("PYTHONUSERBASE=" + user.string());
    readable.push_back(user / "lib");
  }
  return environment;
}

// Whether anything of this folder, which is the plugin's, is where the caller has modules looked for: it
// would run before it is shut in.
bool is_looked_through(const fs::path& folder) {
  std::error_code error;
  const std::string root = fs::weakly_canonical(folder, error) / "";
  for (const char* variable : {"PYTHONPATH", "PYTHONUSERBASE", "PYTHONHOME"})
    for (const fs::path& path : paths_of(variable))
      if ((fs::weakly_canonical(path, error) / "").native().starts_with(root)) return true;
  return false;
}

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
  if (interpreter == default_python() && fs::exists(nursery, error) && !is_looked_through(root)) {
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
