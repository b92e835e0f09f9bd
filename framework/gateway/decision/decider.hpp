// Who decides: the agent in a process of its own, asked by a thread of its own, so that neither its time nor
// its failures hold up what is served. An agent that fails or is late is replaced by a new one.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "gateway/decision/episode_actor.hpp"
#include "gateway/decision/policy.hpp"

namespace offload {

// What the agent chose, or nothing: it is late, gone, or not there yet.
using Decided = std::function<void(std::optional<int>)>;

class Decider {
 public:
  // The arguments outlive the object.
  Decider(boost::asio::io_context& io, const ServedPolicy& policy, std::uint64_t seed,
          std::chrono::milliseconds limit);
  ~Decider();
  Decider(const Decider&) = delete;
  Decider& operator=(const Decider&) = delete;

  // Waits until the agent can be asked for the first time. Throws what making it throws: Error(config) for
  // parameters that are wrong, Error(plugin) for an agent that cannot be used or refuses its checkpoint.
  void wait_until_ready();
  // Calls `decided` once, later and on the thread that runs `io`.
  void ask(ServedEpisode episode, Decided decided);

  bool ready() const;
  std::string version() const;     // of the plugin; once ready
  std::uint64_t restarts() const;  // agents lost so far

 private:
  struct Question {
    ServedEpisode episode;
    Decided decided;
    bool over = false;  // of the io thread
    std::unique_ptr<boost::asio::steady_timer> timer;
  };
  using Questions = std::deque<std::shared_ptr<Question>>;

  void run();
  void serve();
  bool pause();
  void answer(const std::shared_ptr<Question>& question, std::optional<int> action);

  boost::asio::io_context& io_;
  const ServedPolicy& policy_;
  std::uint64_t seed_;
  std::chrono::milliseconds limit_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Questions questions_;
  bool ready_ = false, ending_ = false;
  std::exception_ptr first_failure_;
  std::string version_;
  std::uint64_t restarts_ = 0;
  std::thread thread_;
};

}  // namespace offload
