// Blocking sockets for tests: just enough of HTTP to play a model's server and a client of one.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace offload::testing {

class Socket {
 public:
  Socket() = default;
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket() { close(); }
  Socket(Socket&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), buffer_(other.buffer_) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(buffer_, other.buffer_);
    return *this;
  }

  static Socket connected(int port) {
    Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(port);
    if (::connect(socket.descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      socket.close();
    const int on = 1;
    setsockopt(socket.descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return socket;
  }
  static sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  bool open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }
  void close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }
  // With a reset instead of an end.
  void reset() {
    const linger now = {1, 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  // More into the buffer; false at the end or after `most_ms` without anything.
  bool receive(int most_ms = 20000) {
    pollfd wait = {descriptor_, POLLIN, 0};
    if (poll(&wait, 1, most_ms) <= 0) return false;
    char bytes[65536];
    const ssize_t count = recv(descriptor_, bytes, sizeof bytes, 0);
    if (count > 0) buffer_.append(bytes, static_cast<std::size_t>(count));
    return count > 0;
  }
  std::string& buffer() { return buffer_; }
  // Up to and with `end`; empty where it does not come.
  std::string until(std::string_view end) {
    std::size_t at = 0;
    while ((at = buffer_.find(end)) == std::string::npos) {
      if (!receive()) return {};
    }
    const std::string text = buffer_.substr(0, at + end.size());
    buffer_.erase(0, text.size());
    return text;
  }
  std::string exactly(std::size_t bytes) {
    while (buffer_.size() < bytes && receive()) {
    }
    const std::string text = buffer_.substr(0, bytes);
    buffer_.erase(0, text.size());
    return text;
  }

 private:
  int descriptor_ = -1;
  std::string buffer_;
};

struct Message {
  std::string first, body;                    // first: the request's or status line
  std::map<std::string, std::string> fields;  // names in lower case
  bool whole = false;                         // the body's end was told and came

  int status() const { return first.size() > 12 ? std::atoi(first.c_str() + 9) : 0; }
  std::string field(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? "" : found->second;
  }
};

inline bool read_message_head(Socket& socket, Message& message) {
  const std::string head = socket.until("\r\n\r\n");
  if (head.empty()) return false;
  std::size_t at = head.find("\r\n");
  message.first = head.substr(0, at);
  while ((at += 2) < head.size() - 2) {
    const std::size_t end = head.find("\r\n", at), colon = head.find(':', at);
    std::string name = head.substr(at, colon - at);
    for (char& c : name) c = static_cast<char>(std::tolower(c));
    const std::size_t value = head.find_first_not_of(' ', colon + 1);
    message.fields[name] = head.substr(value, end - value);
    at = end;
  }
  return true;
}

// The body by its length, its chunks, or to the end of the connection.
inline void read_message_body(Socket& socket, Message& message, bool answer) {
  if (message.field("transfer-encoding") == "chunked") {
    for (;;) {
      const std::string line = socket.until("\r\n");
      if (line.empty()) return;
      const std::size_t size = std::strtoul(line.c_str(), nullptr, 16);
      const std::string data = socket.exactly(size + 2);
      message.body += data.substr(0, std::min(size, data.size()));
      if (data.size() < size + 2) return;
      if (size == 0) break;
    }
  } else if (!message.field("content-length").empty()) {
    const std::size_t size = std::strtoul(message.field("content-length").c_str(), nullptr, 10);
    message.body = socket.exactly(size);
    if (message.body.size() < size) return;
  } else if (answer) {
    while (socket.receive()) {
    }
    message.body = std::exchange(socket.buffer(), {});
  }
  message.whole = true;
}

}  // namespace offload::testing
