// A model's server that does what a test says, faults above all.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "end_to_end/gateway/sockets.hpp"

namespace offload::testing {

// One request and the connection to answer it on.
struct Exchange {
  Message request;
  Socket& socket;
  int number = 0;  // of the server's calls, from 1
  bool keep = true;

  bool asks(std::string_view text) const { return request.body.find(text) != std::string::npos; }
  bool stream() const { return asks(R"("stream":true)") || asks(R"("stream": true)"); }
  bool usage() const { return asks(R"("include_usage":true)") || asks(R"("include_usage": true)"); }
  void answer(int status, const std::string& body, const std::string& fields = "") {
    socket.send(fmt::format(
        "HTTP/1.1 {} Whatever\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{}\r\n{}", status,
        body.size(), fields, body));
  }
  void begin_stream() {
    socket.send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n");
  }
  bool chunk(std::string_view bytes) {
    return socket.send(fmt::format("{:x}\r\n", bytes.size()).append(bytes).append("\r\n"));
  }
  void end_stream() { socket.send("0\r\n\r\n"); }
  // Without an end.
  void cut() {
    socket.reset();
    keep = false;
  }
  bool gone(int most_ms) {
    pollfd wait = {socket.descriptor(), POLLIN, 0};
    char byte = 0;
    return poll(&wait, 1, most_ms) > 0 && recv(socket.descriptor(), &byte, 1, MSG_PEEK) <= 0;
  }
};

inline std::string event(const std::string& data) { return "data: " + data + "\n\n"; }
inline std::string delta(const std::string& text) {
  return event(fmt::format(
      R"({{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{{"index":0,"delta":{{"content":"{}"}},"finish_reason":null}}]}})",
      text));
}
inline std::string last_delta(int index = 0, const std::string& reason = "stop") {
  return event(fmt::format(
      R"({{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{{"index":{},"delta":{{}},"finish_reason":"{}"}}]}})",
      index, reason));
}
inline std::string usage_event(int prompt = 100, int completion = 20, int cached = 0) {
  return event(fmt::format(
      R"({{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{},"prompt_tokens_details":{{"cached_tokens":{}}}}}}})",
      prompt, completion, prompt + completion, cached));
}
inline std::string completion(int prompt = 100, int completion = 20) {
  return fmt::format(
      R"({{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{{"index":0,"message":{{"role":"assistant","content":"well"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{}}}}})",
      prompt, completion, prompt + completion);
}

// As a good server does.
inline void answer_well(Exchange& exchange) {
  if (!exchange.stream()) return exchange.answer(200, completion());
  exchange.begin_stream();
  exchange.chunk(delta("one ") + delta("two"));
  exchange.chunk(last_delta());
  if (exchange.usage()) exchange.chunk(usage_event());
  exchange.chunk(event("[DONE]"));
  exchange.end_stream();
}

class ScriptedBackend {
 public:
  using Script = std::function<void(Exchange&)>;

  explicit ScriptedBackend(Script script = answer_well) : script_(std::move(script)) {
    listening_ = Socket(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in any = Socket::loopback(0);
    bind(listening_.descriptor(), reinterpret_cast<const sockaddr*>(&any), sizeof any);
    listen(listening_.descriptor(), 1024);
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    getsockname(listening_.descriptor(), reinterpret_cast<sockaddr*>(&bound), &size);
    port_ = ntohs(bound.sin_port);
    accepting_ = std::thread([this] { accept_all(); });
  }
  ~ScriptedBackend() {
    ending_ = true;
    accepting_.join();
    for (std::thread& one : serving_) one.join();
  }

  int port() const { return port_; }
  std::string url() const { return fmt::format("http://127.0.0.1:{}/v1", port_); }
  int calls() const { return calls_; }
  void script(Script script) {
    const std::lock_guard lock(mutex_);
    script_ = std::move(script);
  }
  Message last() {
    const std::lock_guard lock(mutex_);
    return last_;
  }

 private:
  void accept_all() {
    while (!ending_) {
      pollfd wait = {listening_.descriptor(), POLLIN, 0};
      if (poll(&wait, 1, 50) <= 0) continue;
      const int descriptor = accept4(listening_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC);
      if (descriptor >= 0) serving_.emplace_back([this, descriptor] { serve(Socket(descriptor)); });
    }
  }
  void serve(Socket socket) {
    const int on = 1;
    setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    bool keep = true;
    while (keep && socket.open() && !ending_) {
      pollfd wait = {socket.descriptor(), POLLIN, 0};
      if (socket.buffer().empty() && poll(&wait, 1, 50) <= 0) continue;
      Exchange exchange{{}, socket};
      if (!read_message_head(socket, exchange.request)) return;
      read_message_body(socket, exchange.request, false);
      Script script;
      {
        const std::lock_guard lock(mutex_);
        exchange.number = ++calls_;
        last_ = exchange.request;
        script = script_;
      }
      script(exchange);
      keep = exchange.keep;
    }
  }

  Script script_;
  Socket listening_;
  int port_ = 0;
  std::atomic<int> calls_ = 0;
  std::atomic<bool> ending_ = false;
  std::mutex mutex_;
  Message last_;
  std::thread accepting_;
  std::vector<std::thread> serving_;
};

}  // namespace offload::testing
