#include "process/copies/open_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "core/error.hpp"
#include "process/copies/descriptors.hpp"

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
  const int access = flags & (O_ACCMODE | O_APPEND | O_DIRECTORY);
  const int own = open(DescriptorFile(descriptor).name(), access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
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
  for (const int descriptor : open_descriptors().value_or(std::vector<int>())) open_anew(descriptor);
}

}  // namespace offload
