#include "gateway/collect/caller.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/error.hpp"
#include "files/checked_json.hpp"
#include "files/sha256.hpp"
#include "gateway/session/ledger.hpp"

namespace offload {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kBodyMost = std::size_t{32} << 20;
constexpr milliseconds kServerWaitMost{60'000};

// An answer as it comes, to its end.
class Receiver final : public http::CallSink {
 public:
  http::AnswerHead head;
  std::string body;
  std::optional<http::CallFailure> failure;
  bool over = false;
  std::shared_ptr<http::Call> call;

 private:
  void call_head(const http::AnswerHead& seen) override { head = seen; }
  void call_body(std::string_view bytes) override {
    body += bytes;
    if (body.size() <= kBodyMost) return call->resume();
    call->cancel();
    call_failed(http::CallFailure::broken);
  }
  void call_end() override { over = true; }
  void call_failed(http::CallFailure why) override {
    failure = why;
    over = true;
  }
};

const char* failure_name(http::CallFailure failure) {
  switch (failure) {
    case http::CallFailure::connect:
      return "connect";
    case http::CallFailure::late_head:
      return "late";
    case http::CallFailure::idle:
      return "idle";
    case http::CallFailure::encoded:
      return "encoded";
    default:
      return "broken";
  }
}

}  // namespace

void Pacer::wait(const EndpointSettings& settings, std::int64_t tokens) {
  using Seconds = std::chrono::duration<double>;
  double gap_s = 0;
  if (settings.requests_per_minute > 0) gap_s = 60 / settings.requests_per_minute;
  if (settings.tokens_per_minute > 0)
    gap_s = std::max(gap_s, 60 * static_cast<double>(tokens) / settings.tokens_per_minute);
  std::chrono::steady_clock::time_point at;
  {
    const std::lock_guard lock(mutex_);
    at = std::max(next_, std::chrono::steady_clock::now());
    next_ = at + std::chrono::duration_cast<std::chrono::steady_clock::duration>(Seconds(gap_s));
  }
  std::this_thread::sleep_until(at);
}

void Pacer::hold(milliseconds time) {
  const std::lock_guard lock(mutex_);
  next_ = std::max(next_, std::chrono::steady_clock::now() + time);
}

Caller::Caller(const CollectPlan& plan, int modalities, CallLog& log, Pacers& pacers)
    : plan_(plan), modalities_(modalities), log_(log), pacers_(pacers), deadlines_(io_) {
  for (std::size_t r = 0; r < kRoles; ++r) {
    if (plan.roles[r])
      endpoints_[r].emplace(make_endpoint(kRoleNames[r], *plan.roles[r], 1, io_, deadlines_));
  }
  deadlines_.start([] {});
}

std::string Caller::key_of(const CallPlace& place, const RoleRequest& request) const {
  const EndpointSettings& end = plan_.role(place.role);
  return sha256_of(fmt::format("{}\n{}{}{}\n{}\n{}", place.text(), end.url.authority(), end.url.base,
                               request.path, plan_.seed, sha256_of(request.body)));
}

Reply Caller::ask(const CallPlace& place, const RoleRequest& request) {
  const std::string key = key_of(place, request);
  Endpoint& endpoint = *endpoints_[place.role];
  Reply reply;
  if (log_.made(key, reply)) return reply;
  for (int attempt = 1;; ++attempt) {
    // Before the intent: who is killed while he waits has left nothing open.
    pacers_[place.role].wait(plan_.role(place.role), request.bound_tokens);
    const CallState state = log_.begin(key, place, request.bound_pusd, reply);
    if (state == CallState::made) return reply;
    if (state == CallState::open) throw EpisodeLost(place.text() + ": was open when a run was killed", state);
    if (state == CallState::lost)
      throw EpisodeLost(place.text() + ": failed, and may have been charged for", state);
    if (state == CallState::dear) throw EpisodeLost(place.text() + ": max_cost_usd", state);
    Outcome outcome = call(endpoint, place, request, key, attempt);
    if (outcome.well) {
      log_.settle(key, place, outcome.reply);
      return outcome.reply;
    }
    log_.settle(key, place, outcome.failed);
    if (!outcome.again || attempt >= endpoint.settings.attempts || outcome.wait > kServerWaitMost) {
      const std::string status =
          outcome.failed.status == 0 ? "" : fmt::format(" (status {})", outcome.failed.status);
      throw EpisodeLost(fmt::format("{}: {}{}", place.text(), outcome.failed.why, status), CallState::begun);
    }
    pacers_[place.role].hold(outcome.wait);
  }
}

Caller::Outcome Caller::call(Endpoint& endpoint, const CallPlace& place, const RoleRequest& request,
                             const std::string& key, int attempt) {
  Receiver receiver;
  http::CallRequest sent;
  sent.path = request.path;
  sent.fields =
      "accept: application/json\r\nuser-agent: offload-bench\r\nidempotency-key: offload-" + key + "\r\n";
  sent.body = {request.body};
  sent.body_bytes = request.body.size();
  receiver.call = std::make_shared<http::Call>(*endpoint.upstream, std::move(sent), receiver);
  const auto began = http::Clock::now();
  const std::int64_t time_ms =
      std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  receiver.call->start();
  while (!receiver.over) io_.run_one();
  Outcome outcome;
  outcome.time_ms = time_ms;
  outcome.reply.latency_ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(http::Clock::now() - began).count();
  const milliseconds pause(500 << std::min(attempt - 1, 4));
  if (receiver.failure) {
    const bool nothing = *receiver.failure == http::CallFailure::connect;
    outcome.failed = {failure_name(*receiver.failure), 0, nothing ? 0 : request.bound_pusd, !nothing};
    outcome.again = nothing;
    outcome.wait = pause;
  } else if (receiver.head.status != 200) {
    outcome.failed = {"status", receiver.head.status, 0, false};
    outcome.again = retryable(receiver.head.status);
    outcome.wait = asked_wait(receiver.head, pause);
  } else {
    read(outcome, place, request, receiver.body);
  }
  return outcome;
}

// What was answered is paid for, whether it can be used or not.
void Caller::read(Outcome& outcome, const CallPlace& place, const RoleRequest& request,
                  const std::string& body) {
  RoleAnswer answer = read_answer(place.role, body, modalities_);
  Reply& reply = outcome.reply;
  reply.estimated = !answer.usage;
  if (answer.usage) reply.usage = *answer.usage;
  const Price& price = plan_.role(place.role).prices.at(outcome.time_ms);
  reply.amount_pusd = answer.usage ? cost_of(price, *answer.usage, request.images) : request.bound_pusd;
  reply.text = std::move(answer.text);
  reply.model = std::move(answer.model);
  const bool chat = place.role != kAssociationRole;
  const bool fits = !chat || dump_compact(reply.text).size() <= plan_.answer_bytes(place.role);
  outcome.well = answer.usable && fits;
  if (!outcome.well) outcome.failed = {answer.usable ? "too-long" : "unusable", 200, reply.amount_pusd, true};
}

}  // namespace offload
