#include "process/copies/open_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>

#include "core/error.hpp"

namespace offload {
namespace {

[[noreturn]] void fail_to_open(int descriptor) {
  fail(ErrorKind::io, "cannot open descriptor {} anew for an evaluation: {}; let no agent keep a file open",
       descriptor, std::strerror(errno));
}

void open_anew(int descriptor) {
  struct stat status {};
  const int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0 || (flags & O_PATH) != 0 || fstat(descriptor, &status) != 0 || S_ISSOCK(status.st_mode))
    return;
  // Without waiting for the other end of a pipe.
  const std::string name = "/proc/self/fd/" + std::to_string(descriptor);
  const int access = flags & (O_ACCMODE | O_APPEND | O_DIRECTORY);
  const int own = open(name.c_str(), access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (own < 0 && S_ISREG(status.st_mode) && descriptor > STDERR_FILENO) fail_to_open(descriptor);
  if (own < 0) return;
  const off_t at = lseek(descriptor, 0, SEEK_CUR);
  if (at >= 0) lseek(own, at, SEEK_SET);
  fcntl(own, F_SETFL, flags);
  const int kept = dup3(own, descriptor, (fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0 ? O_CLOEXEC : 0);
  if (kept < 0) fail_to_open(descriptor);  // beyond the limit of descriptors
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
