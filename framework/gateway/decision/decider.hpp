// Who decides: the agent in a process of its own, asked by a thread of its own, so that neither its time nor
// its failures hold up what is served. All that came meanwhile is asked in one go. An agent that fails or is
// late is replaced by a new one.
#pragma once

#include <sys/types.h>

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
  ~Decider() { end(); }
  Decider(const Decider&) = delete;
  Decider& operator=(const Decider&) = delete;

  // Waits until the agent can be asked for the first time. Throws what making it throws: Error(config) for
  // parameters that are wrong, Error(plugin) for an agent that cannot be used or refuses its checkpoint, or
  // that was stopped before.
  void wait_until_ready();
  // Calls `decided` once, later and on the thread that runs `io`; never after end().
  void ask(ServedEpisode episode, Decided decided);

  // Its thread and the agent's process are gone when this returns, whoever still holds the object: at the
  // latest when an agent that does not answer is given up, and soon where one is still made or loads its
  // checkpoint, which is killed. Of any thread, of one at a time.
  void stop();
  // The same, and what was asked and not answered goes.
  void end();

  bool ready() const;
  std::string id() const;          // of the plugin; once ready
  std::string version() const;     // likewise
  bool untrained() const;          // it learns and has learned nothing; likewise
  std::uint64_t restarts() const;  // agents lost so far
  std::string take_failure();      // why the latest was lost; empty where none was since this was asked

 private:
  struct Question {
    ServedEpisode episode;
    Decided decided;
    bool over = false;  // of the io thread
    std::chrono::steady_clock::time_point until;
  };
  using Questions = std::vector<std::shared_ptr<Question>>;

  void run();
  bool served();
  void serve();
  bool pause();
  void hand_over();
  void watch_the_time();
  // Answers all of them in one go, later and on the thread that runs `io`; none: with nothing.
  void answer(Questions questions, std::vector<int> actions = {});

  boost::asio::io_context& io_;
  const ServedPolicy& policy_;
  std::uint64_t seed_;
  std::chrono::milliseconds limit_;
  // Of the io thread: what came since it last handed over, and all that waits, the longest waiting first.
  Questions fresh_;
  std::deque<std::shared_ptr<Question>> waiting_;
  boost::asio::steady_timer timer_;
  bool watching_ = false;
  std::shared_ptr<int> here_ = std::make_shared<int>();  // goes with the object
  // Of the agent's thread: what it asks at the moment.
  Questions asked_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Questions questions_;
  bool ready_ = false, ending_ = false, gone_ = false, untrained_ = false;
  pid_t task_ = 0;  // its thread, once that runs
  std::exception_ptr first_failure_;
  std::string id_, version_, failure_;
  std::uint64_t restarts_ = 0;
  std::thread thread_;
};

}  // namespace offload
