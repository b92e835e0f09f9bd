#include "process/open_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>

namespace offload {
namespace {

void open_anew(int descriptor) {
  struct stat status {};
  const int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0 || (flags & O_PATH) != 0 || fstat(descriptor, &status) != 0 || S_ISSOCK(status.st_mode))
    return;
  // Without waiting for the other end of a pipe.
  const std::string name = "/proc/self/fd/" + std::to_string(descriptor);
  const int access = flags & (O_ACCMODE | O_APPEND | O_DIRECTORY);
  const int own = open(name.c_str(), access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (own < 0) return;
  const off_t at = lseek(descriptor, 0, SEEK_CUR);
  if (at >= 0) lseek(own, at, SEEK_SET);
  fcntl(own, F_SETFL, flags);
  dup3(own, descriptor, (fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0 ? O_CLOEXEC : 0);
  close(own);
}

}  // namespace

void open_files_anew() {
  std::set<int> descriptors;
  std::error_code error;
  const std::filesystem::directory_iterator end;
  for (std::filesystem::directory_iterator at("/proc/self/fd", error); !error && at != end;
       at.increment(error)) {
    descriptors.insert(std::atoi(at->path().filename().c_str()));
  }
  for (const int descriptor : descriptors) open_anew(descriptor);
}

}  // namespace offload
