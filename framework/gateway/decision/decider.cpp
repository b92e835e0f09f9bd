#include "gateway/decision/decider.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "remote/remote_agent.hpp"

namespace offload {
namespace {

// An agent that is late by that much does not come back.
constexpr std::chrono::milliseconds kGivenUp{2000}, kLoading{120'000}, kPause{500};

}  // namespace

Decider::Decider(boost::asio::io_context& io, const ServedPolicy& policy, std::uint64_t seed,
                 std::chrono::milliseconds limit)
    : io_(io), policy_(policy), seed_(seed), limit_(limit) {
  thread_ = std::thread([this] { run(); });
}

Decider::~Decider() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Decider::wait_until_ready() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return ready_ || first_failure_; });
  if (!ready_) std::rethrow_exception(first_failure_);
}

bool Decider::ready() const {
  const std::lock_guard lock(mutex_);
  return ready_;
}

std::string Decider::version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

std::uint64_t Decider::restarts() const {
  const std::lock_guard lock(mutex_);
  return restarts_;
}

void Decider::ask(ServedEpisode episode, Decided decided) {
  const auto question = std::make_shared<Question>();
  question->episode = std::move(episode);
  question->decided = std::move(decided);
  {
    const std::lock_guard lock(mutex_);
    if (ready_) questions_.push_back(question);
    if (!ready_) return answer(question, std::nullopt);
  }
  wake_.notify_all();
  question->timer = std::make_unique<boost::asio::steady_timer>(io_, limit_);
  question->timer->async_wait([this, question](const boost::system::error_code& error) {
    if (!error && !question->over) answer(question, std::nullopt);
  });
}

void Decider::answer(const std::shared_ptr<Question>& question, std::optional<int> action) {
  boost::asio::post(io_, [question, action] {
    if (std::exchange(question->over, true)) return;
    if (question->timer) question->timer->cancel();
    Decided decided;
    decided.swap(question->decided);
    decided(action);
  });
}

void Decider::run() {
  for (;;) {
    try {
      serve();
      return;
    } catch (const std::exception&) {
      const std::lock_guard lock(mutex_);
      if (!first_failure_) first_failure_ = std::current_exception();
      ready_ = false;
      ++restarts_;
      for (const auto& question : questions_) answer(question, std::nullopt);
      questions_.clear();
    }
    wake_.notify_all();
    if (!pause()) return;
  }
}

// Before another agent is tried; false where none is wanted any more.
bool Decider::pause() {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, kPause, [this] { return ending_; });
  return !ending_;
}

void Decider::serve() {
  RemoteSettings settings;
  settings.rows = 1;
  settings.memory_mb = policy_.settings().training.memory_limit_mb;
  settings.answer_limit = kLoading;
  RemoteAgent agent(policy_.library, policy_.settings().agent.parameters, policy_.environment(seed_),
                    settings);
  if (!policy_.checkpoint.plugin.empty()) agent.load_checkpoint(policy_.checkpoint.bytes);
  agent.limit_answers(kGivenUp);
  EpisodeActor actor(policy_.scenario(), agent,
                     std::max(policy_.settings().training.slots, agent.training_slots()));
  std::unique_lock lock(mutex_);
  ready_ = true;
  version_ = agent.info().version;
  wake_.notify_all();
  for (;;) {
    wake_.wait(lock, [this] { return ending_ || !questions_.empty(); });
    if (ending_) return;
    const auto question = questions_.front();
    lock.unlock();
    const int action = actor.act(question->episode);
    answer(question, action);
    lock.lock();
    questions_.pop_front();
  }
}

}  // namespace offload
