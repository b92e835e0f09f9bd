// One client's connection: reads requests within limits, one after the other, and sends what it is told. It
// knows nothing of what is asked. One thread; kept alive by what it waits for.
#pragma once

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/deadlines.hpp"
#include "gateway/http/framing.hpp"

namespace offload::http {

struct ServerLimits {
  std::size_t body_bytes = std::size_t{32} << 20;
  Clock::duration head_time = std::chrono::seconds(30), body_time = std::chrono::seconds(60);
  // Between two requests, and until a client takes what was sent.
  Clock::duration idle_time = std::chrono::seconds(75), slow_time = std::chrono::seconds(60);
};
inline constexpr std::size_t kHeadMost = 16384;  // bytes of a request's head

struct Request {
  std::string method, target;                 // as sent
  std::map<std::string, std::string> fields;  // names in lower case; of a repeated one the values by ", "
  std::string body;
  bool http_11 = true, keep_alive = true;

  // Empty where absent.
  const std::string& field(const std::string& name) const;
};

class Connection;

// What serves requests; outlives all connections. Calls come from the connection's thread.
class Handler {
 public:
  virtual ~Handler() = default;
  // Before the body is read. Whatever it returns, unless empty, is the whole answer (head and body), and the
  // connection is closed behind it.
  virtual std::string refuse(const Request& head) = 0;
  virtual void handle(const std::shared_ptr<Connection>& connection) = 0;
  virtual void closed() = 0;  // once per connection
};

class Connection final : public std::enable_shared_from_this<Connection>, private Timed {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using Sent = std::function<void()>;

  Connection(Socket socket, Handler& handler, Deadlines& deadlines, const ServerLimits& limits);
  ~Connection() override;

  void start() { read_head(); }
  // Between head and body at the latest: a new request's; else that of the request being served.
  Request& request() { return request_; }
  const Request& request() const { return request_; }

  // Sends bytes as they are, in order; `sent` is called when the system has taken them, and not once the
  // client is gone.
  void send(std::string bytes, Sent sent = {});
  // The answer is complete: the next request is read, or the connection closed.
  void end(bool keep_alive);
  // At once, without an end to what was begun.
  void abort();
  // No more is read or sent; what the system has taken still reaches the client.
  void close() { leave(); }
  // A request is being served, or its answer is on its way to the system.
  bool answers() const { return open_ && ((answering_ && !draining_) || writing_); }
  // Called once when the client goes before the answer ends. Replaces an earlier one.
  void on_gone(std::function<void()> gone) { gone_ = std::move(gone); }
  bool open() const { return open_; }
  // What the client made it wait while bytes were to be sent, of this request.
  Clock::duration blocked() const { return blocked_; }

 private:
  void expired() override { abort(); }
  void read_head();
  void take_head();
  bool parse_head(std::size_t bytes);
  bool parse_fields(std::size_t bytes);
  void read_body();
  void read_long_body(std::uint64_t left);
  void refuse_with(int status, std::string_view reason);
  void begin_answer();
  void watch();
  void flush();
  void drain();
  void leave();

  Socket socket_;
  Handler& handler_;
  const ServerLimits& limits_;
  Request request_;
  BodyFraming framing_;
  std::unique_ptr<char[]> buffer_;
  std::size_t filled_ = 0;  // of the buffer
  std::string sending_, queued_;
  std::vector<Sent> told_, queued_told_;
  std::function<void()> gone_;
  Clock::time_point flushing_since_;
  Clock::duration blocked_{};
  bool open_ = true, writing_ = false, answering_ = false, watching_ = false, ended_ = false, keep_ = true,
       draining_ = false;
  std::size_t drained_ = 0;
};

// The head of an answer: `fields` are whole lines "Name: value\r\n".
std::string answer_head(int status, std::string_view fields);
// A whole answer with its body.
std::string whole_answer(int status, std::string_view content_type, std::string_view fields,
                         std::string_view body);
// Bytes as one chunk of a chunked body; empty for none.
std::string chunk(std::string_view bytes);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace offload::http
