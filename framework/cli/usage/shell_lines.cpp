#include "cli/usage/shell_lines.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <sstream>

#include "process/installation.hpp"

namespace offload::cli {

namespace fs = std::filesystem;

std::string shell_word(const std::string& text) {
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("_./-+:@%,=").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!text.empty() && std::ranges::all_of(text, plain)) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

namespace {

// What a shell starts by that name alone; empty without any. A folder without a name is the working folder.
fs::path started_by(const fs::path& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  std::error_code error;
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path file = fs::path(folder) / name;
    if (fs::is_regular_file(file, error) && ::access(file.c_str(), X_OK) == 0) return file;
  }
  return {};
}

}  // namespace

std::string own_command() {
  const fs::path program = command_or_self();
  std::error_code error;
  if (fs::equivalent(started_by(program.filename()), program, error))
    return shell_word(program.filename().string());
  const std::string path = near(program).string();
  return shell_word(path.find('/') == std::string::npos ? "./" + path : path);
}

fs::path near(const fs::path& path) {
  std::error_code error;
  const fs::path below = path.lexically_relative(fs::current_path(error));
  return !error && !below.empty() && *below.begin() != ".." ? below : path;
}

std::string command_for_all(const std::string& folder) {
  return own_command() + " show " + shell_word(folder) + " --long";
}

}  // namespace offload::cli
