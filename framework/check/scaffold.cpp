#include "check/scaffold.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

#include "core/error.hpp"
#include "files/plain_file.hpp"

namespace offload {

extern const char* const kTemplateProject;
extern const char* const kTemplateAgent;
extern const char* const kTemplatePython;
extern const char* const kTemplatePythonReward;
extern const char* const kTemplateReward;
extern const char* const kTemplateTorch;
extern const char* const kTemplateTorchProject;

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestId = 60;

// Targets that CMake and its generators make themselves.
constexpr std::string_view kTakenTargets[] = {"all",     "clean",   "edit-cache",    "help",
                                              "install", "package", "rebuild-cache", "test"};

void check_id(const std::string& id) {
  const auto in = [](char c, char low, char high) { return c >= low && c <= high; };
  const bool spelled =
      !id.empty() && id.size() <= kLongestId && in(id.front(), 'a', 'z') && id.back() != '-' &&
      id.find("--") == std::string::npos &&
      std::ranges::all_of(id, [&](char c) { return in(c, 'a', 'z') || in(c, '0', '9') || c == '-'; });
  if (!spelled) {
    fail(ErrorKind::config,
         "'{}' cannot be a new plugin's id; use up to {} of a-z, 0-9 and single '-', a letter first",
         printable(id), kLongestId);
  }
  if (std::ranges::find(kTakenTargets, id) != std::end(kTakenTargets)) {
    fail(ErrorKind::config, "'{}' is a target of every CMake project; choose another id", id);
  }
}

// "my-agent" as "my_agent".
std::string snake_case(std::string id) {
  std::ranges::replace(id, '-', '_');
  return id;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string without_lines(const std::string& text, const std::string& holding) {
  std::istringstream in(text);
  std::string out;
  for (std::string line; std::getline(in, line);) {
    if (line.find(holding) == std::string::npos) out += line + "\n";
  }
  return out;
}

const char* source_of(Template from) {
  switch (from) {
    case Template::reward:
      return kTemplateReward;
    case Template::torch_agent:
      return kTemplateTorch;
    case Template::python_agent:
      return kTemplatePython;
    case Template::python_reward:
      return kTemplatePythonReward;
    case Template::agent:
      break;
  }
  return kTemplateAgent;
}

// `shown`: where the file is to be found in the end.
void write_text(const fs::path& file, const std::string& text, const fs::path& shown) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (!out) fail_io(shown, "cannot be written");
}

}  // namespace

std::string class_name(const std::string& id) {
  std::string out;
  bool start = true;
  for (const char c : id) {
    if (c != '-') out += start ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    start = c == '-';
  }
  return out;
}

fs::path write_plugin_project(const std::string& id, Template from, const fs::path& folder) {
  check_id(id);
  if (fs::exists(folder)) {
    fail(ErrorKind::config, "{}: is there already; give a new folder by --out", folder.string());
  }
  const bool reward = from == Template::reward || from == Template::python_reward;
  const bool in_python = from == Template::python_agent || from == Template::python_reward;
  const std::string own = reward ? "my-reward" : "my-agent";
  const std::string other = reward ? "my-agent" : "my-reward";
  const auto renamed = [&](const std::string& text) {
    const std::string classes = replaced(text, class_name(own), class_name(id));
    return replaced(replaced(classes, snake_case(own), snake_case(id)), own, id);
  };
  std::string project =
      without_lines(from == Template::torch_agent ? kTemplateTorchProject : kTemplateProject,
                    "offload_add_plugin(" + other);
  project = replaced(without_lines(project, "Two plugins"), "MyPlugins", class_name(id));
  fs::path temporary = folder;
  temporary += fmt::format(".{}.tmp", ::getpid());
  std::error_code error;
  fs::create_directories(temporary, error);
  if (error) fail(ErrorKind::io, "{}: cannot make the folder: {}", folder.string(), error.message());
  const std::string source = snake_case(id) + (in_python ? ".py" : ".cpp");
  try {
    if (!in_python) write_text(temporary / "CMakeLists.txt", renamed(project), folder / "CMakeLists.txt");
    write_text(temporary / source, renamed(source_of(from)), folder / source);
    fs::rename(temporary, folder);
  } catch (const fs::filesystem_error& problem) {
    fs::remove_all(temporary, error);
    fail(ErrorKind::io, "{}: cannot make the folder: {}", folder.string(), problem.code().message());
  } catch (...) {
    fs::remove_all(temporary, error);
    throw;
  }
  return folder / source;
}

}  // namespace offload
