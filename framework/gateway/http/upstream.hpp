// Calls to one server: connections that are kept and used again, time-outs of each stage, and an answer that
// is read no faster than it is passed on. It knows nothing of what is asked. One thread.
#pragma once

#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/deadlines.hpp"
#include "gateway/http/framing.hpp"
#include "gateway/http/wire.hpp"

namespace offload::http {

// An address as settings give it: http://host:port/base or https://...
struct BaseUrl {
  bool secure = false;
  std::string host, port, base;  // base without a slash at its end

  // As a Host field names it.
  std::string authority() const;
};
// Throws Error(config): `place: fact`.
BaseUrl parse_base_url(const std::string& url, const std::string& place);

struct CallTimes {
  Clock::duration connect = std::chrono::seconds(2), first_byte = std::chrono::seconds(60),
                  idle = std::chrono::seconds(60);
};

struct AnswerHead {
  int status = 0;
  std::string content_type;
  std::string retry_after, retry_after_ms;
  std::string passed;  // fields that may be passed on, as lines
  bool keep_alive = false;
};

// Of `connect` the server knows nothing; of the others it may have done, and charged for, what was asked.
// `encoded`: the answer is compressed, though it was asked for as it is, and cannot be looked at.
enum class CallFailure { connect, late_head, idle, broken, encoded };

// Who waits for an answer. None is called after cancel(), and none after end or failure.
class CallSink {
 public:
  virtual ~CallSink() = default;
  virtual void call_head(const AnswerHead& head) = 0;
  // A piece of the body. Nothing more comes before resume().
  virtual void call_body(std::string_view bytes) = 0;
  virtual void call_end() = 0;
  virtual void call_failed(CallFailure failure) = 0;
};

// What goes out: the head's own fields as lines, and the body in pieces that outlive the call.
struct CallRequest {
  std::string path, fields;
  std::vector<std::string_view> body;
  std::size_t body_bytes = 0;
};

class Upstream;

class Call final : public std::enable_shared_from_this<Call>, private Timed {
 public:
  Call(Upstream& upstream, CallRequest request, CallSink& sink);

  void start();
  void resume();
  // The connection goes with it. Nothing of the sink is called any more.
  void cancel();

 private:
  enum class Stage : std::uint8_t { connect, head, body, over };

  void expired() override;
  void connect();
  void connect_to(const boost::asio::ip::tcp::resolver::results_type& addresses);
  void connected();
  void write();
  void read();
  void take();
  bool take_head(std::size_t bytes);
  void take_body();
  void read_on();
  void closed_by_server();
  void finish();
  void fail(CallFailure failure);

  Upstream& upstream_;
  CallRequest request_;
  CallSink* sink_;
  std::unique_ptr<Wire> wire_;
  std::string head_;
  BodyFraming framing_;
  AnswerHead answer_;
  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0, filled_ = 0;
  Stage stage_ = Stage::connect;
  bool taking_ = false, resumed_ = false, written_ = false;
};

class Upstream {
 public:
  // `tls` may be null, and then a secure address may not be given. `key` goes into an Authorization field.
  Upstream(boost::asio::io_context& io, boost::asio::ssl::context* tls, Deadlines& deadlines, BaseUrl url,
           CallTimes times, std::string key);

  boost::asio::io_context& io() { return io_; }
  Deadlines& deadlines() { return deadlines_; }
  const BaseUrl& url() const { return url_; }
  const CallTimes& times() const { return times_; }
  const std::string& key() const { return key_; }
  std::unique_ptr<Wire> new_wire() { return std::make_unique<Wire>(io_, url_.secure ? tls_ : nullptr); }
  // A kept connection that the server has not closed meanwhile; null where there is none.
  std::unique_ptr<Wire> kept_wire();
  void keep(std::unique_ptr<Wire> wire);
  boost::asio::ip::tcp::resolver& resolver() { return resolver_; }

 private:
  static constexpr std::size_t kKept = 512;
  boost::asio::io_context& io_;
  boost::asio::ssl::context* tls_;
  Deadlines& deadlines_;
  BaseUrl url_;
  CallTimes times_;
  std::string key_;
  boost::asio::ip::tcp::resolver resolver_;
  std::vector<std::unique_ptr<Wire>> kept_;
};

}  // namespace offload::http
