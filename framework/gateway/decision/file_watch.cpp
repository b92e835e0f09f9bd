#include "gateway/decision/file_watch.hpp"

#include <sys/stat.h>

namespace offload {

FileLook look_at(const std::filesystem::path& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) return {};
  return {status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_size, status.st_ino};
}

FileWatch::FileWatch(std::vector<std::filesystem::path> files)
    : files_(std::move(files)), known_(look()), last_(known_) {}

std::vector<FileLook> FileWatch::look() const {
  std::vector<FileLook> all;
  for (const auto& file : files_) all.push_back(look_at(file));
  return all;
}

bool FileWatch::changed() {
  std::vector<FileLook> now = look();
  const bool still = now == last_;
  last_ = std::move(now);
  if (!still || last_ == known_) return false;
  known_ = last_;
  return true;
}

}  // namespace offload
