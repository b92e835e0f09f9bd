// Calls the models of a collection, one after the other, each journalled before and after: who asks waits.
// Rates are shared by all callers; connections are a caller's own, and so it belongs to one thread.
#pragma once

#include <array>
#include <chrono>
#include <mutex>
#include <stdexcept>

#include "gateway/collect/call_log.hpp"
#include "gateway/decision/endpoint.hpp"
#include "gateway/http/deadlines.hpp"

namespace offload {

// The next call of a role waits until its rates allow it, evenly spaced.
class Pacer {
 public:
  // Sleeps until a call of so many tokens at most may go out.
  void wait(const EndpointSettings& settings, std::int64_t tokens);
  // Nobody goes out before then.
  void hold(std::chrono::milliseconds time);

 private:
  std::mutex mutex_;
  std::chrono::steady_clock::time_point next_{};
};
using Pacers = std::array<Pacer, kRoles>;

// An episode cannot go on. `stopped`: since nothing more may be spent; else its place and reason are told.
class EpisodeLost : public std::runtime_error {
 public:
  EpisodeLost(const std::string& why, CallState state) : std::runtime_error(why), state_(state) {}
  CallState state() const { return state_; }

 private:
  CallState state_;
};

class Caller {
 public:
  // The arguments outlive the object. Throws Error(config) where an endpoint's key is not to be found.
  Caller(const CollectPlan& plan, int modalities, CallLog& log, Pacers& pacers);

  // The answer, from the journal where it is there. Where the server certainly did nothing it is asked again,
  // as often as its retries say. Throws EpisodeLost, and Error(io) for the journal.
  Reply ask(const CallPlace& place, const RoleRequest& request);

 private:
  struct Outcome {
    Reply reply;
    CallFailed failed;
    std::chrono::milliseconds wait{0};  // before another attempt
    std::int64_t time_ms = 0;           // of the wall clock, when it went out
    bool well = false, again = false;
  };
  std::string key_of(const CallPlace& place, const RoleRequest& request) const;
  Outcome call(Endpoint& endpoint, const CallPlace& place, const RoleRequest& request, const std::string& key,
               int attempt);
  void read(Outcome& outcome, const CallPlace& place, const RoleRequest& request, const std::string& body);

  const CollectPlan& plan_;
  int modalities_;
  CallLog& log_;
  Pacers& pacers_;
  boost::asio::io_context io_{1};
  http::Deadlines deadlines_;
  std::array<std::optional<Endpoint>, kRoles> endpoints_;
};

}  // namespace offload
