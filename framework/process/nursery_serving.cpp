// The nursery's own end. It needs nothing but the C library: an interpreter that is a nursery has it as well.
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "process/birth.hpp"
#include "process/fresh_process.hpp"

namespace offload {
namespace {

constexpr int kSocket = FreshProcess::kGivenDescriptor;

bool receive_pair(int socket, GivenDescriptors& pair) {
  BirthRequest request;
  ssize_t got = -1;
  do got = recvmsg(socket, &request.message, 0);
  while (got < 0 && errno == EINTR);
  const cmsghdr* const head = CMSG_FIRSTHDR(&request.message);
  if (got != 1 || head == nullptr || head->cmsg_len != CMSG_LEN(sizeof pair)) return false;
  std::memcpy(pair.data(), CMSG_DATA(head), sizeof pair);
  return true;
}

// A fork whose child is the caller's parent's. As the C library's own does, the kernel notes the thread's new
// number where that library looks it up.
pid_t fork_sibling() {
  void* number = nullptr;
  unsigned long flags = CLONE_PARENT | SIGCHLD;
  if (prctl(PR_GET_TID_ADDRESS, &number) == 0 && number != nullptr)
    flags |= CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
#if defined(__x86_64__)
  return static_cast<pid_t>(syscall(SYS_clone, flags, nullptr, nullptr, number, nullptr));
#else
  return static_cast<pid_t>(syscall(SYS_clone, flags, nullptr, nullptr, nullptr, number));
#endif
}

void settle_in(const GivenDescriptors& pair, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  // Opened anew: what a process sets on an open file the next one could see.
  close(STDIN_FILENO);
  if (open("/dev/null", O_RDONLY) != STDIN_FILENO) _exit(127);
  dup2(pair[1], STDOUT_FILENO);
  dup2(pair[1], STDERR_FILENO);
  dup2(pair[0], kSocket);
  close_range(kSocket + 1, ~0U, 0);
}

}  // namespace

void serve_nursery() {
  const pid_t parent = getppid();
  for (GivenDescriptors pair{}; receive_pair(kSocket, pair);) {
    pid_t child = fork_sibling();
    if (child == 0) return settle_in(pair, parent);
    if (child < 0) child = -errno;
    for (const int descriptor : pair) close(descriptor);
    if (send(kSocket, &child, sizeof child, MSG_NOSIGNAL) != static_cast<ssize_t>(sizeof child)) break;
  }
  _exit(0);
}

}  // namespace offload
