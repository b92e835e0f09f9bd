#include "gateway/decision/file_watch.hpp"

#include <sys/stat.h>

namespace offload {

FileWatch::FileWatch(std::vector<std::filesystem::path> files)
    : files_(std::move(files)), known_(look()), last_(known_) {}

std::vector<FileWatch::Look> FileWatch::look() const {
  std::vector<Look> all;
  for (const auto& file : files_) {
    struct stat status {};
    if (stat(file.c_str(), &status) != 0) {
      all.emplace_back();
    } else {
      all.emplace_back(status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_size, status.st_ino);
    }
  }
  return all;
}

bool FileWatch::changed() {
  std::vector<Look> now = look();
  const bool still = now == last_;
  last_ = std::move(now);
  if (!still || last_ == known_) return false;
  known_ = last_;
  return true;
}

}  // namespace offload
