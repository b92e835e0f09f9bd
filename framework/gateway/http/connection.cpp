#include "gateway/http/connection.hpp"
#include "core/counted.hpp"

#include <fmt/format.h>

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <cstring>

namespace offload::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;

constexpr auto kDrainTime = std::chrono::seconds(2);
constexpr std::size_t kDrainMost = std::size_t{64} << 20;
constexpr std::size_t kReserveMost = std::size_t{1} << 20;  // of a body, on the client's word alone

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return out;
}

}  // namespace

const std::string& Request::field(const std::string& name) const {
  static const std::string none;
  const auto found = fields.find(name);
  return found == fields.end() ? none : found->second;
}

Connection::Connection(Socket socket, Handler& handler, Deadlines& deadlines, const ServerLimits& limits)
    : Timed(deadlines),
      socket_(std::move(socket)),
      handler_(handler),
      limits_(limits),
      framing_(BodyFraming::none()),
      buffer_(new char[kHeadMost]) {
  boost::system::error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

Connection::~Connection() { handler_.closed(); }

void Connection::read_head() {
  expire_after(filled_ == 0 ? limits_.idle_time : limits_.head_time);
  answering_ = ended_ = false;
  request_ = {};
  blocked_ = {};
  take_head();
}

// Parses what has come if a head is complete, else reads on.
void Connection::take_head() {
  const std::string_view text(buffer_.get(), filled_);
  const std::size_t end = text.find("\r\n\r\n");
  if (end != std::string_view::npos) {
    if (parse_head(end + 4)) read_body();
    return;
  }
  if (filled_ == kHeadMost) return refuse_with(431, "the head is longer than 16 KiB");
  socket_.async_read_some(
      asio::buffer(buffer_.get() + filled_, kHeadMost - filled_),
      [self = shared_from_this()](const boost::system::error_code& error, std::size_t count) {
        if (error) return self->leave();
        if (self->filled_ == 0) self->expire_after(self->limits_.head_time);
        self->filled_ += count;
        self->take_head();
      });
}

bool Connection::parse_fields(std::size_t bytes) {
  beast::http::request_parser<beast::http::empty_body> parser;
  parser.header_limit(kHeadMost);
  parser.body_limit(limits_.body_bytes);
  boost::system::error_code error;
  parser.put(asio::buffer(buffer_.get(), bytes), error);
  if (error == beast::http::error::body_limit) {
    refuse_with(413, fmt::format("the body is longer than {}", counted(limits_.body_bytes, "byte")));
    return false;
  }
  if (error || !parser.is_header_done()) {
    refuse_with(400, "not a request of HTTP/1.1");
    return false;
  }
  const auto& message = parser.get();
  if (message.count(beast::http::field::host) > 1) {
    refuse_with(400, "two Hosts");
    return false;
  }
  request_.method = std::string(message.method_string());
  request_.target = std::string(message.target());
  request_.http_11 = message.version() >= 11;
  request_.keep_alive = message.keep_alive();
  for (const auto& field : message) {
    std::string& value = request_.fields[lower({field.name_string().data(), field.name_string().size()})];
    if (!value.empty()) value += ", ";
    value += std::string_view(field.value().data(), field.value().size());
  }
  framing_ = message.chunked()         ? BodyFraming::chunked()
             : parser.content_length() ? BodyFraming::of_length(*parser.content_length())
                                       : BodyFraming::none();
  if (parser.content_length())
    request_.body.reserve(std::min<std::size_t>(*parser.content_length(), kReserveMost));
  return true;
}

bool Connection::parse_head(std::size_t bytes) {
  if (!parse_fields(bytes)) return false;
  filled_ -= bytes;
  std::memmove(buffer_.get(), buffer_.get() + bytes, filled_);
  const std::string& coding = request_.field("transfer-encoding");
  if (!coding.empty() && lower(coding) != "chunked") {
    refuse_with(501, "transfer codings other than chunked are not understood");
    return false;
  }
  std::string refusal = handler_.refuse(request_);
  if (!refusal.empty()) {
    answering_ = true;
    send(std::move(refusal));
    end(false);
    return false;
  }
  if (lower(request_.field("expect")) == "100-continue" && filled_ == 0)
    send("HTTP/1.1 100 Continue\r\n\r\n");
  expire_after(limits_.body_time);
  return true;
}

void Connection::read_body() {
  const std::size_t used = framing_.feed({buffer_.get(), filled_}, [this](std::string_view text) {
    if (request_.body.size() + text.size() <= limits_.body_bytes)
      request_.body += text;
    else
      request_.body.resize(limits_.body_bytes + 1);
  });
  filled_ -= used;
  std::memmove(buffer_.get(), buffer_.get() + used, filled_);
  if (request_.body.size() > limits_.body_bytes)
    return refuse_with(413, fmt::format("the body is longer than {}", counted(limits_.body_bytes, "byte")));
  if (framing_.broken()) return refuse_with(400, "the body's chunks cannot be understood");
  if (framing_.done()) return begin_answer();
  if (const std::uint64_t left = framing_.left_of_length(); left > kHeadMost) return read_long_body(left);
  socket_.async_read_some(
      asio::buffer(buffer_.get(), kHeadMost),
      [self = shared_from_this()](const boost::system::error_code& error, std::size_t count) {
        if (error) return self->leave();
        self->filled_ = count;
        self->read_body();
      });
}

// Straight to where it belongs; no more room is made at once than kReserveMost, on the client's word.
void Connection::read_long_body(std::uint64_t left) {
  const std::size_t have = request_.body.size(), more = std::min<std::uint64_t>(left, kReserveMost);
  request_.body.resize(have + more);
  asio::async_read(
      socket_, asio::buffer(request_.body.data() + have, more),
      [self = shared_from_this(), have](const boost::system::error_code& error, std::size_t count) {
        if (error) return self->leave();
        self->framing_.feed(std::string_view(self->request_.body).substr(have, count),
                            [](std::string_view) {});
        self->read_body();
      });
}

void Connection::refuse_with(int status, std::string_view reason) {
  answering_ = true;
  send(whole_answer(
      status, "application/json", "connection: close\r\n",
      fmt::format(R"({{"error":{{"message":"{}","type":"invalid_request_error","param":null,"code":null}}}})",
                  reason)));
  end(false);
}

void Connection::begin_answer() {
  answering_ = true;
  never_expire();
  watch();
  handler_.handle(shared_from_this());
}

// Tells a client that goes from one that waits. What it sends ahead is left where it is.
void Connection::watch() {
  if (watching_ || filled_ > 0) return;
  watching_ = true;
  socket_.async_read_some(
      asio::buffer(buffer_.get(), kHeadMost),
      [self = shared_from_this()](const boost::system::error_code& error, std::size_t count) {
        self->watching_ = false;
        if (error) return self->leave();
        if (self->draining_) return self->drain();
        self->filled_ = count;
        if (!self->answering_) self->take_head();
      });
}

void Connection::send(std::string bytes, Sent sent) {
  if (!open_) return;
  if (queued_.empty()) {
    queued_ = std::move(bytes);
  } else {
    queued_ += bytes;
  }
  if (sent) queued_told_.push_back(std::move(sent));
  flush();
}

void Connection::flush() {
  if (writing_ || (queued_.empty() && queued_told_.empty())) return;
  sending_.swap(queued_);
  told_.swap(queued_told_);
  writing_ = true;
  flushing_since_ = Clock::now();
  expire_after(limits_.slow_time);
  asio::async_write(socket_, asio::buffer(sending_),
                    [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                      self->writing_ = false;
                      if (error || !self->open_) return self->leave();
                      self->blocked_ += Clock::now() - self->flushing_since_;
                      // Behind "100 Continue" the body's time runs on.
                      if (self->answering_) self->never_expire();
                      self->sending_.clear();
                      std::vector<Sent> told;
                      told.swap(self->told_);
                      for (const Sent& one : told) one();
                      self->flush();
                      if (self->ended_ && !self->writing_) self->end(self->keep_);
                    });
}

void Connection::end(bool keep_alive) {
  if (!open_) return;
  ended_ = true;
  keep_ = keep_alive;
  gone_ = {};
  if (writing_) return;
  if (!keep_alive) {
    boost::system::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    draining_ = true;
    expire_after(kDrainTime);
    return drain();
  }
  answering_ = ended_ = false;
  if (watching_) {  // its read is that of the next head
    request_ = {};
    blocked_ = {};
    expire_after(limits_.idle_time);
  } else {
    read_head();
  }
}

// What the client still sends is taken, since unread it would be a reset that destroys the answer on its way.
void Connection::drain() {
  if (watching_) return;
  watching_ = true;
  socket_.async_read_some(
      asio::buffer(buffer_.get(), kHeadMost),
      [self = shared_from_this()](const boost::system::error_code& error, std::size_t count) {
        self->watching_ = false;
        self->drained_ += count;
        if (error || self->drained_ > kDrainMost) return self->leave();
        self->drain();
      });
}

void Connection::abort() {
  boost::system::error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  leave();
}

void Connection::leave() {
  if (!open_) return;
  open_ = false;
  never_expire();
  boost::system::error_code ignored;
  socket_.close(ignored);
  told_.clear();
  queued_told_.clear();
  std::function<void()> gone;
  gone.swap(gone_);
  if (gone) gone();
}

std::string answer_head(int status, std::string_view fields) {
  const auto reason = beast::http::obsolete_reason(static_cast<beast::http::status>(status));
  return fmt::format("HTTP/1.1 {} {}\r\n{}\r\n", status, std::string_view(reason.data(), reason.size()),
                     fields);
}

std::string whole_answer(int status, std::string_view content_type, std::string_view fields,
                         std::string_view body) {
  return answer_head(status, fmt::format("content-type: {}\r\ncontent-length: {}\r\n{}", content_type,
                                         body.size(), fields))
      .append(body);
}

std::string chunk(std::string_view bytes) {
  if (bytes.empty()) return {};
  return fmt::format("{:x}\r\n", bytes.size()).append(bytes).append("\r\n");
}

}  // namespace offload::http
