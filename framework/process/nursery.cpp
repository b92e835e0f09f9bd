#include "process/nursery.hpp"

#include <poll.h>
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

using Clock = std::chrono::steady_clock;
constexpr int kLookEveryMs = 20;
// Where its limit is none. Longer than any interpreter takes to import what it needs.
constexpr std::chrono::seconds kBirthMost{60};

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
  if (beginning == barren_)
    fail(ErrorKind::io, "{}: begins no others", printable(beginning.program.string(), 400));
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
  bore_ = false;
  owner_ = getpid();
}

// Waits for its answer, which an end of it is as well, and meanwhile passes on what it prints.
bool Nursery::answers(std::chrono::milliseconds limit) {
  const auto until = Clock::now() + (limit.count() > 0 ? limit : kBirthMost);
  pollfd answer = {socket_, POLLIN, 0};
  while (poll(&answer, 1, kLookEveryMs) <= 0) {
    process_->pass_on_output();
    if (process_->ended() || Clock::now() > until) return false;
  }
  return true;
}

pid_t Nursery::born(const Beginning& beginning, int descriptor, int output, std::chrono::milliseconds limit) {
  if (!process_ || owner_ != getpid() || beginning != beginning_) start(beginning);
  pid_t child = -1;
  if (!send_pair(socket_, {descriptor, output}) || !answers(limit) || !receive_pid(socket_, child)) {
    // The next one is begun by another nursery, unless this one has begun none.
    if (!bore_) barren_ = beginning;
    end();
    fail(ErrorKind::io, "{}: the process that begins others is gone",
         printable(beginning.program.string(), 400));
  }
  bore_ = true;
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
