#include <fmt/format.h>

#include <boost/asio/connect.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstring>

#include "gateway/http/upstream.hpp"

namespace offload::http {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;

constexpr std::size_t kReadBytes = 65536;  // at once, and the most of a head

std::string_view view_of(boost::beast::string_view text) { return {text.data(), text.size()}; }

bool may_pass(std::string_view name) {
  return name == "x-request-id" || name == "retry-after" || name == "retry-after-ms" ||
         name == "openai-processing-ms" || name.starts_with("x-ratelimit-");
}

// Where a server is without asking anybody; localhost is here (RFC 6761), whatever the system's files say.
std::vector<net::ip::address> known_addresses(const std::string& host) {
  boost::system::error_code named;
  const auto address = net::ip::make_address(host, named);
  if (!named) return {address};
  if (host == "localhost" || host.ends_with(".localhost"))
    return {net::ip::address_v4::loopback(), net::ip::address_v6::loopback()};
  return {};
}

bool plain(std::string_view encoding) { return encoding.empty() || encoding == "identity"; }

template <typename Message>
AnswerHead head_of(const Message& message) {
  AnswerHead head;
  head.status = static_cast<int>(message.result_int());
  head.keep_alive = message.keep_alive();
  head.content_type = view_of(message[beast::http::field::content_type]);
  for (const auto& field : message) {
    std::string name(view_of(field.name_string()));
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    if (name == "retry-after") head.retry_after = view_of(field.value());
    if (name == "retry-after-ms") head.retry_after_ms = view_of(field.value());
    if (may_pass(name)) head.passed += fmt::format("{}: {}\r\n", name, view_of(field.value()));
  }
  return head;
}

}  // namespace

Call::Call(Upstream& upstream, CallRequest request, CallSink& sink)
    : Timed(upstream.deadlines()),
      upstream_(upstream),
      request_(std::move(request)),
      sink_(&sink),
      framing_(BodyFraming::none()) {
  const BaseUrl& url = upstream_.url();
  head_ = fmt::format(
      "POST {}{} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n"
      "accept-encoding: identity\r\n{}",
      url.base, request_.path, url.authority(), request_.body_bytes, request_.fields);
  if (!upstream_.key().empty()) head_ += "authorization: Bearer " + upstream_.key() + "\r\n";
  head_ += "\r\n";
}

void Call::start() {
  wire_ = upstream_.kept_wire();
  if (wire_) return write();
  wire_ = upstream_.new_wire();
  connect();
}

void Call::connect() {
  expire_after(upstream_.times().connect);
  const BaseUrl& url = upstream_.url();
  std::vector<net::ip::tcp::endpoint> ends;
  for (const net::ip::address& address : known_addresses(url.host))
    ends.emplace_back(address, static_cast<unsigned short>(std::stoi(url.port)));
  if (!ends.empty()) {
    return connect_to(
        net::ip::tcp::resolver::results_type::create(ends.begin(), ends.end(), url.host, url.port));
  }
  upstream_.resolver().async_resolve(
      upstream_.url().host, upstream_.url().port,
      [self = shared_from_this()](const boost::system::error_code& error, const auto& addresses) {
        if (self->stage_ == Stage::over) return;
        if (error) return self->fail(CallFailure::connect);
        self->connect_to(addresses);
      });
}

void Call::connect_to(const net::ip::tcp::resolver::results_type& addresses) {
  net::async_connect(wire_->socket(), addresses,
                     [self = shared_from_this()](const boost::system::error_code& error, const auto&) {
                       if (self->stage_ == Stage::over) return;
                       if (error) return self->fail(CallFailure::connect);
                       self->connected();
                     });
}

void Call::connected() {
  boost::system::error_code ignored;
  wire_->socket().set_option(net::ip::tcp::no_delay(true), ignored);
  if (!wire_->secure()) return write();
  wire_->expect_host(upstream_.url().host);
  wire_->handshake([self = shared_from_this()](const boost::system::error_code& error) {
    if (self->stage_ == Stage::over) return;
    if (error) return self->fail(CallFailure::connect);
    self->write();
  });
}

void Call::write() {
  stage_ = Stage::head;
  expire_after(upstream_.times().first_byte);
  std::vector<net::const_buffer> buffers = {net::buffer(head_)};
  for (const std::string_view piece : request_.body) buffers.emplace_back(piece.data(), piece.size());
  wire_->write(buffers, [self = shared_from_this()](const boost::system::error_code&, std::size_t) {
    // Whether it failed the reader learns too, and an answer may have come all the same.
    self->written_ = true;
  });
  buffer_.reset(new char[kReadBytes]);
  read();
}

void Call::read() {
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, filled_ - begin_);
    filled_ -= begin_;
    begin_ = 0;
  }
  if (filled_ == kReadBytes) return fail(CallFailure::broken);
  wire_->read_some(net::buffer(buffer_.get() + filled_, kReadBytes - filled_),
                   [self = shared_from_this()](const boost::system::error_code& error, std::size_t count) {
                     if (self->stage_ == Stage::over) return;
                     self->filled_ += count;
                     if (error) return self->closed_by_server();
                     self->take();
                   });
}

void Call::take() {
  const auto self = shared_from_this();
  while (stage_ == Stage::head) {
    const std::string_view text(buffer_.get() + begin_, filled_ - begin_);
    const std::size_t end = text.find("\r\n\r\n");
    if (end == std::string_view::npos) return read();
    if (!take_head(end + 4)) return;
  }
  take_body();
}

// An interim head, of which there may be many, or the answer's. False where the call is over.
bool Call::take_head(std::size_t bytes) {
  beast::http::response_parser<beast::http::empty_body> parser;
  parser.header_limit(kReadBytes);
  parser.body_limit(std::uint64_t{1} << 40);
  boost::system::error_code error;
  parser.put(net::buffer(buffer_.get() + begin_, bytes), error);
  if (error || !parser.is_header_done()) {
    fail(CallFailure::broken);
    return false;
  }
  begin_ += bytes;
  const auto& message = parser.get();
  const unsigned status = message.result_int();
  if (status >= 100 && status < 200) return true;
  if (!plain(view_of(message[beast::http::field::content_encoding]))) {
    fail(CallFailure::encoded);
    return false;
  }
  answer_ = head_of(message);
  const bool empty = status == 204 || status == 304;
  framing_ = empty                     ? BodyFraming::none()
             : message.chunked()       ? BodyFraming::chunked()
             : parser.content_length() ? BodyFraming::of_length(*parser.content_length())
                                       : BodyFraming::until_close();
  stage_ = Stage::body;
  sink_->call_head(answer_);
  return stage_ != Stage::over;
}

// Hands on all that there is as one piece.
void Call::take_body() {
  const auto self = shared_from_this();
  std::string_view payload;
  std::string joined;
  begin_ += framing_.feed({buffer_.get() + begin_, filled_ - begin_}, [&](std::string_view text) {
    if (!payload.empty() && joined.empty()) joined = payload;
    if (!joined.empty()) joined += text;
    payload = text;
  });
  if (framing_.broken()) return fail(CallFailure::broken);
  if (!framing_.done()) begin_ = filled_ = 0;
  taking_ = true;
  resumed_ = payload.empty();
  never_expire();
  if (!payload.empty()) sink_->call_body(joined.empty() ? payload : std::string_view(joined));
  taking_ = false;
  if (stage_ == Stage::over) return;
  if (framing_.done()) return finish();
  if (resumed_) read_on();
}

void Call::read_on() {
  expire_after(upstream_.times().idle);
  read();
}

void Call::resume() {
  if (taking_) {
    resumed_ = true;
  } else if (stage_ == Stage::body) {
    read_on();
  }
}

void Call::closed_by_server() {
  if (stage_ == Stage::body && framing_.complete_at_close()) return finish();
  fail(CallFailure::broken);
}

void Call::finish() {
  stage_ = Stage::over;
  never_expire();
  if (answer_.keep_alive && begin_ == filled_ && framing_.done() && written_)
    upstream_.keep(std::move(wire_));
  if (wire_) wire_->close();
  CallSink* const sink = std::exchange(sink_, nullptr);
  sink->call_end();
}

void Call::fail(CallFailure failure) {
  if (stage_ == Stage::over) return;
  stage_ = Stage::over;
  never_expire();
  wire_->close();
  CallSink* const sink = std::exchange(sink_, nullptr);
  sink->call_failed(failure);
}

void Call::cancel() {
  if (stage_ == Stage::over) return;
  stage_ = Stage::over;
  never_expire();
  sink_ = nullptr;
  wire_->close();
}

void Call::expired() {
  fail(stage_ == Stage::connect ? CallFailure::connect
       : stage_ == Stage::head  ? CallFailure::late_head
                                : CallFailure::idle);
}

}  // namespace offload::http
