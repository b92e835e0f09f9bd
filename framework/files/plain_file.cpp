#include "files/plain_file.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "files/sha256.hpp"

namespace offload {

namespace fs = std::filesystem;

std::ifstream open_bounded(const fs::path& file, std::size_t limit) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (status.type() == fs::file_type::none) {
    fail(ErrorKind::io, "{}: cannot be read: {}", printable(file.native()), error.message());
  }
  if (!fs::exists(status)) fail(ErrorKind::io, "{}: there is no such file", printable(file.native()));
  if (!fs::is_regular_file(status)) fail(ErrorKind::data, "{}: not a regular file", printable(file.native()));
  const std::uintmax_t size = fs::file_size(file, error);
  if (error || size > limit) {
    fail(ErrorKind::data, "{}: larger than {}", printable(file.native()), counted(limit, "byte"));
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream.is_open()) {
    fail(ErrorKind::io, "{}: cannot be read: {}", printable(file.native()), std::strerror(errno));
  }
  return stream;
}

std::string read_bounded(const fs::path& file, std::size_t limit) {
  std::ifstream stream = open_bounded(file, limit);
  stream.seekg(0, std::ios::end);
  const auto size = static_cast<std::size_t>(std::max<std::streamoff>(stream.tellg(), 0));
  stream.seekg(0);
  std::string text(std::min(size, limit), '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) {
    fail(ErrorKind::io, "{}: cannot be read: {}", printable(file.native()), std::strerror(errno));
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

bool file_holds(const fs::path& file, const std::function<void(const PartSink&)>& write) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return false;
  std::ifstream in(file, std::ios::binary);
  bool same = in.is_open();
  std::string held;
  write([&](std::string_view part) {
    if (!same) return;
    held.resize(part.size());
    in.read(held.data(), static_cast<std::streamsize>(held.size()));
    same = static_cast<std::size_t>(in.gcount()) == part.size() && held == part;
  });
  return same && in.peek() == std::ifstream::traits_type::eof();
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    fail(ErrorKind::io, "{}: cannot make the folder: {}", printable(folder.native()), error.message());
}

void require_own_folder(const fs::path& folder, std::string_view what,
                        const std::function<bool(const std::string& name)>& mine) {
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  if (!fs::exists(status)) return;
  if (!fs::is_directory(status))
    fail(ErrorKind::config, "{}: is a file, and {} needs a folder; name another", printable(folder.native()),
         what);
  std::set<std::string> others;  // so that the same one is named whatever the file system's order
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().native();
    if (!mine(name)) others.insert(name);
  }
  if (error) fail(ErrorKind::io, "{}: cannot be read: {}", printable(folder.native()), error.message());
  if (others.empty()) return;
  fail(ErrorKind::config, "{}: holds '{}'{}, which is no part of {}; nothing was written: name a new folder",
       printable(folder.native()), printable(*others.begin()),
       others.size() == 1 ? "" : " and " + counted(others.size() - 1, "other"), what);
}

void require_unused_names(const fs::path& folder, const std::vector<std::string>& names) {
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  if (fs::exists(status) && !fs::is_directory(status))
    fail(ErrorKind::config, "{}: is a file, and a folder is needed; name another",
         printable(folder.native()));
  for (const std::string& name : names) {
    if (!fs::exists(fs::symlink_status(folder / name, error))) continue;
    fail(
        ErrorKind::config,
        "{}: holds '{}', which would be replaced and is of no earlier call; nothing was written: move it, or "
        "name another folder",
        printable(folder.native()), printable(name));
  }
}

[[noreturn]] void fail_io(const fs::path& file, std::string_view what) {
  fail(ErrorKind::io, "{}: {}: {}", printable(file.native()), what, std::strerror(errno));
}

std::string file_name(const std::string& name) {
  const auto plain = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_' || c == '.'; };
  std::string result = name;
  std::replace_if(
      result.begin(), result.end(), [&](unsigned char c) { return !plain(c); }, '_');
  if (result.starts_with('.')) result[0] = '_';
  return result == name && !name.empty() ? name : result + "-" + sha256_of(name).substr(0, 8);
}

}  // namespace offload
