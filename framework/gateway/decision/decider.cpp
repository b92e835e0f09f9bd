#include "gateway/decision/decider.hpp"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "core/error.hpp"

namespace offload {
namespace {

// An agent that is late by that much does not come back.
constexpr std::chrono::milliseconds kGivenUp{2000}, kLoading{120'000}, kPause{500}, kLookAgain{20};

std::vector<pid_t> started_by(pid_t task) {
  std::ifstream children(fmt::format("/proc/self/task/{}/children", task));
  return {std::istream_iterator<pid_t>(children), {}};
}

// Kills what that thread of this process has started. By a descriptor, and if it is listed still: by its
// number alone it might be another process by then.
void kill_started_by(pid_t task) {
  for (const pid_t child : started_by(task)) {
    const auto held = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
    if (held < 0) continue;
    const std::vector<pid_t> still = started_by(task);
    if (std::ranges::find(still, child) != still.end())
      syscall(SYS_pidfd_send_signal, held, SIGKILL, nullptr, 0);
    close(held);
  }
}

}  // namespace

Decider::Decider(boost::asio::io_context& io, const ServedPolicy& policy, std::uint64_t seed,
                 std::chrono::milliseconds limit)
    : io_(io), policy_(policy), seed_(seed), limit_(limit), timer_(io) {
  thread_ = std::thread([this] { run(); });
}

void Decider::stop() {
  {
    std::unique_lock lock(mutex_);
    ending_ = true;
    wake_.notify_all();
    while (!gone_) {
      // One that is being made may take as long as kLoading, and nobody wants it any more. (It does where the
      // kernel does not list children.)
      if (!ready_ && task_ != 0) kill_started_by(task_);
      wake_.wait_for(lock, kLookAgain, [this] { return gone_; });
    }
  }
  if (thread_.joinable()) thread_.join();
}

void Decider::end() {
  stop();
  // What they hold may hold this.
  Questions dropped(waiting_.begin(), waiting_.end());
  waiting_.clear();
  dropped.insert(dropped.end(), fresh_.begin(), fresh_.end());
  fresh_.clear();
  for (const auto& question : dropped) {
    question->over = true;
    question->decided = {};
  }
}

void Decider::wait_until_ready() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return ready_ || first_failure_ || gone_; });
  if (!ready_ && first_failure_) std::rethrow_exception(first_failure_);
  if (!ready_)
    fail(ErrorKind::plugin, "{}: stopped before it could be asked", printable(policy_.settings().name));
}

bool Decider::ready() const {
  const std::lock_guard lock(mutex_);
  return ready_;
}

std::string Decider::version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

std::string Decider::take_failure() {
  const std::lock_guard lock(mutex_);
  return std::exchange(failure_, {});
}

std::string Decider::id() const {
  const std::lock_guard lock(mutex_);
  return id_;
}

bool Decider::untrained() const {
  const std::lock_guard lock(mutex_);
  return untrained_;
}

std::uint64_t Decider::restarts() const {
  const std::lock_guard lock(mutex_);
  return restarts_;
}

void Decider::ask(ServedEpisode episode, Decided decided) {
  const auto question = std::make_shared<Question>();
  question->episode = std::move(episode);
  question->decided = std::move(decided);
  question->until = std::chrono::steady_clock::now() + limit_;
  fresh_.push_back(question);
  waiting_.push_back(question);
  if (fresh_.size() == 1)
    boost::asio::post(io_, [this, here = std::weak_ptr(here_)] {
      if (!here.expired()) hand_over();
    });
  watch_the_time();
}

// All that came in one round of the io thread, so that the agent's is woken once.
void Decider::hand_over() {
  Questions fresh;
  fresh.swap(fresh_);
  std::unique_lock lock(mutex_);
  if (!ready_) {
    lock.unlock();
    return answer(std::move(fresh));
  }
  questions_.insert(questions_.end(), fresh.begin(), fresh.end());
  lock.unlock();
  wake_.notify_all();
}

// One timer for all: who came first is late first.
void Decider::watch_the_time() {
  while (!waiting_.empty() && waiting_.front()->over) waiting_.pop_front();
  if (watching_ || waiting_.empty()) return;
  watching_ = true;
  timer_.expires_at(waiting_.front()->until);
  timer_.async_wait([this, here = std::weak_ptr(here_)](const boost::system::error_code& error) {
    if (error || here.expired()) return;
    watching_ = false;
    const auto now = std::chrono::steady_clock::now();
    Questions late;
    for (; !waiting_.empty() && waiting_.front()->until <= now; waiting_.pop_front()) {
      if (!waiting_.front()->over) late.push_back(waiting_.front());
    }
    if (!late.empty()) answer(std::move(late));
    watch_the_time();
  });
}

void Decider::answer(Questions questions, std::vector<int> actions) {
  boost::asio::post(io_, [questions = std::move(questions), actions = std::move(actions)] {
    for (std::size_t i = 0; i < questions.size(); ++i) {
      if (std::exchange(questions[i]->over, true)) continue;
      Decided decided;
      decided.swap(questions[i]->decided);
      decided(actions.empty() ? std::nullopt : std::optional(actions[i]));
    }
  });
}

void Decider::run() {
  {
    const std::lock_guard lock(mutex_);
    task_ = gettid();
  }
  while (!served() && pause()) {
  }
  const std::lock_guard lock(mutex_);
  gone_ = true;
  wake_.notify_all();
}

// With one agent, until none is wanted any more; false where that one was lost.
bool Decider::served() {
  try {
    serve();
    return true;
  } catch (const std::exception& error) {
    const std::lock_guard lock(mutex_);
    failure_ = error.what();
    if (!first_failure_) first_failure_ = std::current_exception();
    ready_ = false;
    ++restarts_;
    questions_.insert(questions_.begin(), asked_.begin(), asked_.end());
    asked_.clear();
    answer(std::exchange(questions_, {}));
  }
  wake_.notify_all();
  return false;
}

// Before another agent is tried; false where none is wanted any more.
bool Decider::pause() {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, kPause, [this] { return ending_; });
  return !ending_;
}

void Decider::serve() {
  const std::unique_ptr<RemoteAgent> process = policy_.start(seed_, EpisodeActor::kTogether, kLoading);
  RemoteAgent& agent = *process;
  agent.limit_answers(kGivenUp);
  EpisodeActor actor(policy_.scenario(), agent,
                     std::max(policy_.settings().training.slots, agent.training_slots()));
  std::unique_lock lock(mutex_);
  ready_ = true;
  id_ = agent.info().id;
  version_ = agent.info().version;
  untrained_ = policy_.untrained(agent);
  wake_.notify_all();
  for (;;) {
    wake_.wait(lock, [this] { return ending_ || !questions_.empty(); });
    if (ending_) return;
    const std::size_t count = std::min<std::size_t>(questions_.size(), EpisodeActor::kTogether);
    const auto end = questions_.begin() + static_cast<std::ptrdiff_t>(count);
    asked_.assign(questions_.begin(), end);
    questions_.erase(questions_.begin(), end);
    lock.unlock();
    std::vector<const ServedEpisode*> episodes;
    for (const auto& question : asked_) episodes.push_back(&question->episode);
    std::vector<int> actions = actor.act(episodes);
    answer(std::exchange(asked_, {}), std::move(actions));
    lock.lock();
  }
}

}  // namespace offload
