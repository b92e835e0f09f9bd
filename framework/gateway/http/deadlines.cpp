#include "gateway/http/deadlines.hpp"

namespace offload::http {
namespace {

constexpr auto kTick = std::chrono::milliseconds(100);

}  // namespace

void Deadlines::start(std::function<void()> each) {
  each_ = std::move(each);
  wait();
}

void Deadlines::wait() {
  timer_.expires_after(kTick);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    now_ = Clock::now();
    auto& next = waiting_->next;
    for (next = waiting_->all.begin(); next != waiting_->all.end();) {
      Timed& one = **next++;
      if (one.deadline_ > now_) continue;
      one.never_expire();
      one.expired();
    }
    each_();
    wait();
  });
}

}  // namespace offload::http
