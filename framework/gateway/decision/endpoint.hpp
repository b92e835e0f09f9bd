// One of the two places that answer: how it is reached, what it charges, how it has been doing.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/decision/config.hpp"
#include "gateway/http/upstream.hpp"
#include "gateway/session/ledger.hpp"

namespace offload {

// Open after five failures on end, for ten seconds; then one success closes it.
class Breaker {
 public:
  bool open(http::Clock::time_point now) const { return now < until_; }
  void succeeded() { failures_ = 0; }
  void failed(http::Clock::time_point now) {
    if (++failures_ >= 5) until_ = now + std::chrono::seconds(10);
  }

 private:
  int failures_ = 0;
  http::Clock::time_point until_{};
};

// What a server says that it bears, requests and tokens per minute: evenly spaced, but for what a second
// would bring, which may come at once.
class Rate {
 public:
  // 0: as many as there are.
  Rate(double requests_per_minute, double tokens_per_minute);

  // How long until another call may go; zero: now.
  http::Clock::duration wait(http::Clock::time_point now) const;
  // A call of so many tokens at most goes.
  void take(http::Clock::time_point now, std::int64_t tokens);
  // So many fewer tokens were used than it was let go for.
  void give_back(std::int64_t tokens);

 private:
  std::chrono::duration<double> per_request_, per_token_;
  http::Clock::time_point requests_{}, tokens_{};  // until when what went is borne
};

struct Endpoint {
  std::string name;  // "local", "cloud"
  EndpointSettings settings;
  std::unique_ptr<boost::asio::ssl::context> tls;
  std::unique_ptr<http::Upstream> upstream;
  Breaker breaker;
  std::vector<LatencyHistory> latency;  // by action kind
  std::vector<UsageHistory> usage;      // likewise
  int in_flight = 0;
  Rate rate{0, 0};
  std::deque<std::function<bool()>> waiting = {};  // turns, for a place; false: it waits no more

  bool has_place() const {
    return in_flight < settings.in_flight && rate.wait(http::Clock::now()) <= http::Clock::duration::zero();
  }
  bool available() const { return !breaker.open(http::Clock::now()) && waiting.empty() && has_place(); }
  // Lets those go for whom there is a place.
  void admit();
};

// Reads the endpoint's key. Throws Error(config) where there is none to be found.
Endpoint make_endpoint(std::string name, const EndpointSettings& settings, int kinds,
                       boost::asio::io_context& io, http::Deadlines& deadlines);

// Whether a status says that nothing was done and that it may be asked again: 408, 409, 429, 5xx.
bool retryable(int status);
// What a server asks to wait, or `fallback`.
std::chrono::milliseconds asked_wait(const http::AnswerHead& head, std::chrono::milliseconds fallback);

}  // namespace offload
