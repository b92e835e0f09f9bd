#include "process/nursery.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/error.hpp"
#include "process/birth.hpp"
#include "process/fresh_process.hpp"

namespace offload {
namespace {

bool send_pair(int socket, const GivenDescriptors& pair) {
  BirthRequest request;
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
  owner_ = getpid();
}

pid_t Nursery::born(const Beginning& beginning, int descriptor, int output) {
  if (!process_ || owner_ != getpid() || beginning != beginning_) start(beginning);
  pid_t child = -1;
  if (!send_pair(socket_, {descriptor, output}) || !receive_pid(socket_, child)) {
    // The next one is begun by another nursery.
    end();
    fail(ErrorKind::io, "{}: the process that begins others is gone",
         printable(beginning.program.string(), 400));
  }
  process_->pass_on_output();
  if (child < 0) fail(ErrorKind::io, "cannot begin another process: {}", std::strerror(-child));
  return child;
}

std::uint64_t Nursery::namespaces() const { return process_ ? process_->namespaces() : 0; }

void Nursery::end() {
  process_.reset();
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
}

}  // namespace offload
