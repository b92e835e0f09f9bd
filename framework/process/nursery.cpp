#include "process/nursery.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "core/error.hpp"
#include "process/fresh_process.hpp"

namespace offload {
namespace {

constexpr int kSocket = FreshProcess::kGivenDescriptor;

// A byte with two descriptors: what the process is given, and its output.
using Pair = std::array<int, 2>;

// A message of one byte and room for the two.
struct Request {
  Request() {
    part = {&byte, sizeof byte};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = room.data();
    message.msg_controllen = room.size();
  }
  char byte = 0;
  iovec part{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(Pair))> room{};
  msghdr message{};
};

bool send_pair(int socket, const Pair& pair) {
  Request request;
  cmsghdr* const head = CMSG_FIRSTHDR(&request.message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof pair);
  std::memcpy(CMSG_DATA(head), pair.data(), sizeof pair);
  ssize_t sent = -1;
  do sent = sendmsg(socket, &request.message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent == 1;
}

bool receive_pid(int socket, pid_t& pid) {
  ssize_t got = -1;
  do got = recv(socket, &pid, sizeof pid, 0);
  while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(sizeof pid);
}

bool receive_pair(int socket, Pair& pair) {
  Request request;
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

void settle_in(const Pair& pair, pid_t parent) {
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

Nursery::Nursery() = default;

Nursery::~Nursery() {
  if (socket_ >= 0) close(socket_);
}

void Nursery::start(const Beginning& beginning) {
  end();
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    fail(ErrorKind::io, "cannot make a pair of sockets: {}", std::strerror(errno));
  socket_ = ends[0];
  try {
    process_ = std::make_unique<FreshProcess>(beginning, ends[1], FreshProcess::Kept::as_nursery);
  } catch (const Error&) {
    close(ends[1]);
    throw;
  }
  close(ends[1]);
  beginning_ = beginning;
}

pid_t Nursery::born(const Beginning& beginning, int descriptor, int output) {
  if (!process_ || beginning != beginning_) start(beginning);
  pid_t child = -1;
  if (!send_pair(socket_, {descriptor, output}) || !receive_pid(socket_, child)) {
    // The next one is begun by another nursery.
    end();
    fail(ErrorKind::io, "{}: the process that begins others is gone",
         printable(beginning.program.string(), 400));
  }
  if (child < 0) fail(ErrorKind::io, "cannot begin another process: {}", std::strerror(-child));
  return child;
}

std::uint64_t Nursery::namespaces() const { return process_ ? process_->namespaces() : 0; }

void Nursery::end() {
  process_.reset();
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
}

void serve_nursery() {
  const pid_t parent = getppid();
  for (Pair pair{}; receive_pair(kSocket, pair);) {
    pid_t child = fork_sibling();
    if (child == 0) return settle_in(pair, parent);
    if (child < 0) child = -errno;
    for (const int descriptor : pair) close(descriptor);
    if (send(kSocket, &child, sizeof child, MSG_NOSIGNAL) != static_cast<ssize_t>(sizeof child)) break;
  }
  _exit(0);
}

}  // namespace offload
