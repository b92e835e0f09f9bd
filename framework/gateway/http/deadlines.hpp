// Time-outs of many things by one timer: each says until when it may wait, and is told when that has passed.
// One thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <utility>

namespace offload::http {

using Clock = std::chrono::steady_clock;

class Timed;

class Deadlines {
 public:
  // Looks every 100 ms; that late a time-out may be. `each` is called each time, for what else is due.
  explicit Deadlines(boost::asio::io_context& io) : timer_(io) {}
  void start(std::function<void()> each);
  void stop() { timer_.cancel(); }
  // As of the last time that it looked.
  Clock::time_point now() const { return now_; }

 private:
  friend class Timed;
  // Who waits; what pending calls hold goes after the timer, and leaves the list then.
  struct Waiting {
    std::list<Timed*> all;
    std::list<Timed*>::iterator next = all.end();  // while it looks
  };
  void wait();

  boost::asio::steady_timer timer_;
  std::function<void()> each_;
  std::shared_ptr<Waiting> waiting_ = std::make_shared<Waiting>();
  Clock::time_point now_ = Clock::now();
};

class Timed {
 public:
  explicit Timed(Deadlines& deadlines)
      : waiting_(deadlines.waiting_), place_(waiting_->all.insert(waiting_->all.end(), this)) {}
  virtual ~Timed() {
    if (waiting_->next == place_) ++waiting_->next;
    waiting_->all.erase(place_);
  }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

  // At most so long from now; the latest call counts.
  void expire_after(Clock::duration time) { deadline_ = Clock::now() + time; }
  void never_expire() { deadline_ = Clock::time_point::max(); }

 protected:
  // Once per deadline.
  virtual void expired() = 0;

 private:
  friend class Deadlines;
  std::shared_ptr<Deadlines::Waiting> waiting_;
  std::list<Timed*>::iterator place_;
  Clock::time_point deadline_ = Clock::time_point::max();
};

}  // namespace offload::http
