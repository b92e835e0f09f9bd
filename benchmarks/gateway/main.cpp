// The two ends of a measurement of gateways: a model's server that costs next to nothing, and a client that
// asks it directly or through something. One thread each.
//   gateway-load server PORT
//   gateway-load client URL paced|brisk|stream|json|long|images CONNECTIONS SECONDS [FIELD...]
// paced and brisk: streams with 100 and 20 ms between pieces; long: JSON with 4 KB of text; FIELD: "name:
// value", sent along. The client prints answers, errors, pieces of answers, seconds, and of streams the
// median time in microseconds from the server's sending a piece to its coming here.
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "gateway/http/connection.hpp"
#include "gateway/http/upstream.hpp"

namespace {

using namespace offload;
using http::Clock;

constexpr int kChunks = 20;
constexpr std::chrono::milliseconds kPace{100}, kBriskPace{20};

std::int64_t now_ns() { return std::chrono::nanoseconds(Clock::now().time_since_epoch()).count(); }

std::string event_of(std::string_view data) { return fmt::format("data: {}\n\n", data); }
// With the time of its making, by which the client knows how long it was on its way.
constexpr std::string_view kStamp = "at ";
std::string delta_event() {
  return event_of(fmt::format(
      R"({{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{{"index":0,"delta":{{"content":"{}{} "}},"finish_reason":null}}]}})",
      kStamp, now_ns()));
}
std::string last_events() {
  return event_of(
             R"({"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})") +
         event_of(
             R"({"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":20,"total_tokens":29}})") +
         event_of("[DONE]");
}

class Server final : public http::Handler {
 public:
  explicit Server(unsigned short port)
      : deadlines_(io_), acceptor_(io_, {boost::asio::ip::make_address("127.0.0.1"), port}) {
    limits_.body_bytes = std::size_t{64} << 20;
  }
  void run() {
    deadlines_.start([] {});
    accept();
    io_.run();
  }
  std::string refuse(const http::Request&) override { return {}; }
  void closed() override {}
  void handle(const std::shared_ptr<http::Connection>& connection) override {
    const http::Request& request = connection->request();
    const auto asked = [&](const char* kind) { return request.body.find(kind) != std::string::npos; };
    const std::chrono::milliseconds pace = asked("paced") ? kPace : kBriskPace;
    const bool paced = asked("paced") || asked("brisk");
    if (request.body.find(R"("stream":true)") != std::string::npos) {
      connection->send(
          http::answer_head(200, "content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n"));
      return stream(connection, kChunks, paced ? pace : std::chrono::milliseconds(0));
    }
    connection->send(http::whole_answer(
        200, "application/json", "",
        R"({"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"some words"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}})"));
    connection->end(request.keep_alive);
  }

 private:
  void accept() {
    acceptor_.async_accept([this](const boost::system::error_code& error, http::Connection::Socket socket) {
      if (!error) std::make_shared<http::Connection>(std::move(socket), *this, deadlines_, limits_)->start();
      accept();
    });
  }
  void stream(const std::shared_ptr<http::Connection>& connection, int left, std::chrono::milliseconds pace) {
    if (left == 0) {
      connection->send(http::chunk(last_events()) + std::string(http::kLastChunk));
      return connection->end(true);
    }
    connection->send(http::chunk(delta_event()), [this, connection, left, pace] {
      if (pace.count() == 0) return stream(connection, left - 1, pace);
      const auto timer = std::make_shared<boost::asio::steady_timer>(io_, pace);
      timer->async_wait(
          [this, timer, connection, left, pace](const auto&) { stream(connection, left - 1, pace); });
    });
  }

  boost::asio::io_context io_{1};
  http::Deadlines deadlines_;
  http::ServerLimits limits_;
  boost::asio::ip::tcp::acceptor acceptor_;
};

// Asks again and again on a connection of its own.
class Asker final : public http::CallSink {
 public:
  struct Count {
    std::uint64_t answers = 0, errors = 0, pieces = 0;
    std::vector<std::int64_t> lag_ns = {};  // of pieces with a stamp
    bool ended = false;
  };
  Asker(http::Upstream& upstream, const std::string& fields, const std::string& body, Count& count)
      : upstream_(upstream), fields_(fields), body_(body), count_(count) {}
  void ask() {
    call_ = std::make_shared<http::Call>(
        upstream_, http::CallRequest{"/chat/completions", fields_, {body_}, body_.size()}, *this);
    call_->start();
  }
  void call_head(const http::AnswerHead& head) override { count_.errors += head.status != 200; }
  void call_body(std::string_view bytes) override {
    ++count_.pieces;
    if (const std::size_t at = bytes.rfind(kStamp); at != std::string_view::npos) {
      std::int64_t sent = 0;
      std::from_chars(bytes.data() + at + kStamp.size(), bytes.data() + bytes.size(), sent);
      count_.lag_ns.push_back(now_ns() - sent);
    }
    call_->resume();
  }
  void call_end() override {
    ++count_.answers;
    again();
  }
  void call_failed(http::CallFailure) override {
    ++count_.errors;
    again();
  }

 private:
  void again() {
    if (count_.ended) return;
    boost::asio::post(upstream_.io(), [this] { ask(); });
  }
  http::Upstream& upstream_;
  const std::string& fields_;
  const std::string& body_;
  Count& count_;
  std::shared_ptr<http::Call> call_;
};

std::string body_of(const std::string& kind) {
  std::string parts = R"({"type":"text","text":"words to be answered"})";
  if (kind == "long") parts = fmt::format(R"({{"type":"text","text":"{}"}})", std::string(3900, 'w'));
  if (kind == "images") {
    for (int image = 0; image < 3; ++image) {
      parts += R"(,{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,)" +
               std::string(87'000, 'A') + "\"}}";
    }
  }
  return fmt::format(
      R"({{"model":"offload-auto","stream":{},"user":"{}","messages":[{{"role":"user","content":[{}]}}]}})",
      kind == "stream" || kind == "paced" || kind == "brisk", kind, parts);
}

int ask(const std::string& url, const std::string& kind, int connections, double seconds,
        const std::string& fields) {
  boost::asio::io_context io{1};
  http::Deadlines deadlines(io);
  http::CallTimes times;
  times.connect = std::chrono::seconds(30);
  http::Upstream upstream(io, nullptr, deadlines, http::parse_base_url(url, "URL"), times, "");
  const std::string body = body_of(kind);
  Asker::Count count;
  std::vector<std::unique_ptr<Asker>> askers;
  deadlines.start([] {});
  for (int i = 0; i < connections; ++i) {
    askers.push_back(std::make_unique<Asker>(upstream, fields, body, count));
    askers.back()->ask();
  }
  const auto begin = Clock::now();
  io.run_for(std::chrono::milliseconds(static_cast<int>(seconds * 1000)));
  const double time = std::chrono::duration<double>(Clock::now() - begin).count();
  double lag_us = 0;
  if (auto& lags = count.lag_ns; !lags.empty()) {
    std::ranges::nth_element(lags, lags.begin() + static_cast<std::ptrdiff_t>(lags.size() / 2));
    lag_us = static_cast<double>(lags[lags.size() / 2]) * 1e-3;
  }
  fmt::print("{} {} {} {:.3f} {:.1f}\n", count.answers, count.errors, count.pieces, time, lag_us);
  std::fflush(stdout);
  std::_Exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 2 && words[0] == "server") {
    Server(static_cast<unsigned short>(std::atoi(words[1].c_str()))).run();
    return 0;
  }
  if (words.size() >= 5 && words[0] == "client") {
    std::string fields;
    for (std::size_t i = 5; i < words.size(); ++i) fields += words[i] + "\r\n";
    return ask(words[1], words[2], std::atoi(words[3].c_str()), std::atof(words[4].c_str()), fields);
  }
  fmt::print(stderr,
             "usage: gateway-load server PORT | client URL paced|brisk|stream|json|long|images CONNECTIONS "
             "SECONDS [FIELD...]\n");
  return 2;
}
