#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>

#include "gateway/openai/error_body.hpp"
#include "gateway/turn.hpp"

namespace offload {
namespace {

constexpr std::size_t kLogMost = 65536;  // of a stream, for who joins it
constexpr auto kKeepAlive = std::chrono::seconds(15);
constexpr const char* kJson = "application/json";

std::int64_t ns(http::Clock::duration time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
}

}  // namespace

std::int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string refusal_answer(const Refusal& refusal) {
  std::string fields = refusal.retry ? "" : "x-should-retry: false\r\n";
  if (refusal.retry_after_s > 0) fields += fmt::format("retry-after: {}\r\n", refusal.retry_after_s);
  return http::whole_answer(refusal.status, kJson, fields,
                            openai::error_body(refusal.message, refusal.type, refusal.code));
}

bool ServedTurn::joins(const std::string& body) const {
  if (stage_ == Stage::over || abandoned_ || body != question_.body) return false;
  return !(streaming_out_ && (log_full_ || stage_ == Stage::settling));
}

void ServedTurn::attach(const std::shared_ptr<http::Connection>& client) {
  if (stage_ != Stage::deciding || !clients_.empty()) ++services_.metrics.joined;
  never_expire();
  if (stage_ == Stage::answered) {
    finish(client);
    return release();
  }
  client->on_gone([self = shared_from_this(), raw = client.get()] { self->gone(raw); });
  clients_.push_back({client, false});
  if (!streaming_out_) return;
  client->send(stream_head(*client) + framed(*client, answer_));
  expire_after(kKeepAlive);
}

std::string ServedTurn::own_fields() const {
  std::string fields = fmt::format(
      "x-offload-session: {}\r\nx-offload-turn: {}\r\nx-offload-action: {}\r\nx-offload-endpoint: {}\r\n"
      "x-offload-decision: {}\r\nx-offload-agent: {}\r\n",
      session_->number, plan_.turn, action_, services_.planner.endpoint(action_).name, decision_,
      agent_->number);
  const PastTurn& now = plan_.episode.turns.back();
  const auto left = [&](std::size_t k) {
    return std::max<std::int64_t>(0, now.limit[k] - plus(now.spent[k], reserved_[k]));
  };
  if (now.limit[0] != kUnlimited)
    fields += fmt::format("x-offload-budget-left-ms: {}\r\n", left(0) / 1'000'000);
  if (now.limit[1] != kUnlimited)
    fields += fmt::format("x-offload-budget-left-usd: {:.6f}\r\n", static_cast<double>(left(1)) * 1e-12);
  if (fell_back_) fields += "x-offload-fallback: true\r\n";
  return fields;
}

std::string ServedTurn::stream_head(const http::Connection& client) const {
  return http::answer_head(
      200,
      fmt::format(
          "content-type: text/event-stream\r\ncache-control: no-cache\r\nx-accel-buffering: no\r\n{}{}{}",
          client.request().http_11 ? "transfer-encoding: chunked\r\n" : "connection: close\r\n", fields_,
          head_.passed));
}

std::string ServedTurn::framed(const http::Connection& client, const std::string& bytes) const {
  return client.request().http_11 ? http::chunk(bytes) : bytes;
}

void ServedTurn::stream_out(std::string bytes) {
  const bool first = !streaming_out_;
  streaming_out_ = true;
  if (first) fields_ = own_fields();
  expire_after(kKeepAlive);
  for (Client& client : clients_) {
    client.sending = true;
    const http::Connection* raw = client.connection.get();
    std::string text = first ? stream_head(*raw) : std::string();
    text += framed(*raw, bytes);
    client.connection->send(std::move(text), [self = shared_from_this(), raw] { self->sent_to(raw); });
  }
  if (!log_full_) answer_ += bytes;
  if (answer_.size() > kLogMost) {
    log_full_ = true;
    answer_ = {};
  }
  resume_if_taken();
}

void ServedTurn::sent_to(const http::Connection* connection) {
  for (Client& client : clients_) {
    if (client.connection.get() == connection) client.sending = false;
  }
  resume_if_taken();
}

// No more is read than the slowest client has taken.
void ServedTurn::resume_if_taken() {
  const bool waiting = std::ranges::any_of(clients_, [](const Client& client) { return client.sending; });
  if (!waiting && call_ && stage_ == Stage::calling) call_->resume();
}

void ServedTurn::gone(const http::Connection* connection) {
  std::erase_if(clients_,
                [connection](const Client& client) { return client.connection.get() == connection; });
  if (!clients_.empty()) return resume_if_taken();
  if (stage_ == Stage::settling || stage_ == Stage::answered || stage_ == Stage::over) return;
  if (question_.request.stream || services_.settings.linger.count() == 0) return abandon();
  expire_after(services_.settings.linger);
}

// Nobody wants the answer any more.
void ServedTurn::abandon() {
  abandoned_ = true;
  if (std::exchange(queued_, false)) {
    wait_.cancel();
    return release();
  }
  if (stage_ != Stage::calling) return;
  wait_.cancel();
  if (call_) call_->cancel();
  settle("gone");
}

// Where answers are not to pass their session's time.
void ServedTurn::watch_deadline() {
  const PastTurn& now = plan_.episode.turns.back();
  if (!services_.settings.cut || now.limit[0] == kUnlimited) return;
  const std::int64_t left = std::max<std::int64_t>(0, now.limit[0] - now.spent[0]);
  deadline_.expires_at(started_ + std::chrono::nanoseconds(left));
  deadline_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->cut_at_deadline();
  });
}

void ServedTurn::cut_at_deadline() {
  if (stage_ != Stage::calling && stage_ != Stage::deciding_journalled) return;
  late_ = true;
  if (stage_ != Stage::calling) return;
  wait_.cancel();
  if (call_) call_->cancel();
  if (streaming_out_) {
    tail_ = relay_->length_event(question_.request.choices) + relay_->tail();
    if (!relay_->done()) tail_ += "data: [DONE]\n\n";
  } else {
    head_ = {};
    relay_.reset();
  }
  settle("deadline");
}

void ServedTurn::expired() {
  if (stage_ == Stage::answered) return release();
  if (clients_.empty()) return abandon();
  if (!streaming_out_ || stage_ != Stage::calling) return;
  for (const Client& client : clients_)
    client.connection->send(framed(*client.connection, ": keep-alive\n\n"));
  expire_after(kKeepAlive);
}

// What is booked. Money of which nothing is known is taken as spent as reserved.
TurnSettled ServedTurn::settlement(const char* outcome) {
  const ServeSettings& settings = services_.settings;
  const Endpoint& end = services_.planner.endpoint(action_);
  const ActionSpace& actions = services_.policy.scenario().actions();
  const auto kind = static_cast<std::size_t>(actions.kind(action_));
  TurnSettled settled;
  settled.decision = decision_;
  settled.session = session_->number;
  settled.time_ms = wall_ms();
  settled.turn = plan_.turn;
  settled.action = action_;
  settled.outcome = outcome;
  settled.status = head_.status == 0 ? (late_ ? 504 : 502) : head_.status;
  const bool answered = head_.status >= 200 && head_.status < 300;
  const bool asked = call_ != nullptr && (answered || ((abandoned_ || late_) && head_.status == 0));
  const auto usage = relay_ ? relay_->usage() : answered ? openai::facts_of(answer_).usage : std::nullopt;
  settled.measured[0] = std::max<std::int64_t>(0, ns(http::Clock::now() - started_ - blocked_));
  settled.measured[1] = lost_cost_;
  settled.estimated = (asked && !usage) || lost_cost_ > 0;
  if (usage) {
    settled.prompt = usage->prompt;
    settled.cached = usage->cached;
    settled.completion = usage->completion;
    settled.measured[1] =
        plus(lost_cost_, cost_of(end.settings.price, *usage, std::popcount(actions.images(action_))));
  } else if (asked) {
    const std::int64_t chunks = relay_ ? relay_->chunks() : 0;
    settled.measured[1] =
        plus(lost_cost_, estimated_cost(end.settings.price, plan_.reserve[kind][1], chunks));
  }
  const bool taken = answered || asked || lost_cost_ > 0;
  settled.amount = settings.measured ? settled.measured : taken ? plan_.reserve[kind] : Amounts{};
  return settled;
}

void ServedTurn::count(const TurnSettled& settled) {
  Metrics& metrics = services_.metrics;
  Endpoint& end = services_.planner.endpoint(action_);
  const std::string label = fmt::format("endpoint=\"{}\"", end.name);
  ++metrics.turns[fmt::format("{},outcome=\"{}\"", label, settled.outcome)];
  metrics.tokens[label + ",type=\"input\""] += settled.prompt;
  metrics.tokens[label + ",type=\"output\""] += settled.completion;
  metrics.cost_pusd[label] += settled.measured[1];
  metrics.duration[label].add(static_cast<double>(settled.measured[0]) * 1e-9);
  if (first_byte_ != http::Clock::time_point{})
    metrics.first_byte[label].add(std::chrono::duration<double>(first_byte_ - started_).count());
  metrics.over_runs += settled.over_run;
  metrics.estimated += settled.estimated;
  if (settled.outcome != "ok") return;
  const auto kind = static_cast<std::size_t>(services_.policy.scenario().actions().kind(action_));
  end.latency[kind].add(settled.measured[0]);
  end.cost[kind].add(settled.measured[1]);
}

void ServedTurn::settle(const char* outcome) {
  stage_ = Stage::settling;
  never_expire();
  deadline_.cancel();
  for (const Client& client : clients_) blocked_ = std::max(blocked_, client.connection->blocked());
  TurnSettled settled = settlement(outcome);
  session_->spent = plus(session_->spent, settled.amount);
  settled.over_run = !fits(session_->spent, {}, session_->limit);
  session_->over_run = settled.over_run;
  session_->used_ms = settled.time_ms;
  if (static_cast<std::size_t>(plan_.turn) < session_->turns.size())
    session_->turns[static_cast<std::size_t>(plan_.turn)].action = action_;
  count(settled);
  leave_place(settled.estimated ? held_tokens_ : settled.prompt + settled.completion);
  // The end of an answer is shown once what it came to is written. Should the machine stop before the disk
  // has that, the turn is settled as reserved, so that only more than this has to be on the disk first.
  auto go_on = [self = shared_from_this()] { self->finish_clients(); };
  if (settled.amount[1] > reserved_[1]) return services_.journal.add(settled, std::move(go_on));
  services_.journal.add_written(settled, std::move(go_on));
}

void ServedTurn::finish_clients() {
  if (fields_.empty()) fields_ = own_fields();
  const std::vector<Client> clients = std::exchange(clients_, {});
  for (const Client& client : clients) finish(client.connection);
  const bool useful = !question_.request.stream && !abandoned_ && head_.status >= 200 && head_.status < 300;
  if (!clients.empty() || !useful || services_.settings.linger.count() == 0) return release();
  stage_ = Stage::answered;
  expire_after(services_.settings.linger);
}

// The answer's end to one client, or all of it.
void ServedTurn::finish(const std::shared_ptr<http::Connection>& client) {
  const http::Request& request = client->request();
  if (!relay_) {
    if (late_) {
      client->send(http::whole_answer(504, kJson, fields_ + "x-should-retry: false\r\n",
                                      openai::error_body("the session's time ended before the answer came",
                                                         "budget_exceeded", "session_deadline")));
    } else if (head_.status == 0) {
      client->send(http::whole_answer(502, kJson, fields_,
                                      openai::error_body("the endpoint could not be reached or broke off",
                                                         "upstream_error", "upstream_unreachable")));
    } else {
      const std::string type = head_.content_type.empty() ? kJson : head_.content_type;
      client->send(http::whole_answer(head_.status, type, fields_ + head_.passed, answer_));
    }
    return client->end(request.keep_alive);
  }
  std::string text = streaming_out_ ? std::string() : stream_head(*client);
  std::string last = tail_;
  if (cut_ && !relay_->error())
    last += openai::error_event("the answer broke off at the endpoint", "upstream_error", "stream_cut");
  text += framed(*client, last);
  if (request.http_11) text += http::kLastChunk;
  client->send(std::move(text));
  client->end(request.keep_alive && request.http_11 && !cut_);
}

void ServedTurn::release() {
  if (stage_ == Stage::over) return;
  stage_ = Stage::over;
  never_expire();
  leave_place(0);
  const auto self = std::exchange(self_, nullptr);
  if (session_->running == self) session_->running = nullptr;
  while (!session_->waiting.empty()) {
    const auto next = std::move(session_->waiting.front());
    session_->waiting.pop_front();
    if (next()) return;
  }
}

}  // namespace offload
