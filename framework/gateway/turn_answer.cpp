#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "gateway/openai/error_body.hpp"
#include "gateway/turn.hpp"

namespace offload {
namespace {

constexpr std::size_t kLogMost = 65536;  // of a stream, for who joins it
constexpr auto kKeepAlive = std::chrono::seconds(15);
constexpr const char* kJson = "application/json";

bool wants_cost(const http::Request& request) { return request.field("x-offload-cost") == "body"; }

std::int64_t ns(http::Clock::duration time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
}

}  // namespace

std::int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::int64_t even_ms() {
  static const std::int64_t offset = wall_ms() - ns(http::Clock::now().time_since_epoch()) / 1'000'000;
  return offset + ns(http::Clock::now().time_since_epoch()) / 1'000'000;
}

std::string refusal_answer(const Refusal& refusal, const std::string& more) {
  std::string fields = more + (refusal.retry ? "" : "x-should-retry: false\r\n");
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
  if (question_.request.stream || services_.settings.linger.count() == 0 || services_.ending)
    return abandon();
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
    tail_ = relay_->length_event(question_.request.choices);
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

// Behind an error there is no [DONE], and behind a break none was told.
std::string ServedTurn::stream_end(const http::Request& request) const {
  if (cut_) {
    if (relay_->error()) return tail_;
    return tail_ +
           openai::error_event("the answer broke off at the endpoint", "upstream_error", "stream_cut");
  }
  const std::string own =
      wants_cost(request) ? relay_->own_event(R"("choices":[],"offload":)" + report_) : std::string();
  return tail_ + relay_->tail(own) + (late_ && !relay_->done() ? "data: [DONE]\n\n" : "");
}

void ServedTurn::finish_clients() {
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
      const std::string body =
          encoded_ ? openai::error_body("the endpoint compressed its answer, though it was asked not to",
                                        "upstream_error", "upstream_encoding")
                   : openai::error_body("the endpoint could not be reached or broke off", "upstream_error",
                                        "upstream_unreachable");
      // Clients ask again by themselves, and what was lost may have been charged for.
      const char* again = lost_cost_ > 0 ? "x-should-retry: false\r\n" : "";
      client->send(http::whole_answer(502, kJson, fields_ + again, body));
    } else {
      const std::string type = head_.content_type.empty() ? kJson : head_.content_type;
      const bool told = head_.status < 300 && wants_cost(request);
      client->send(http::whole_answer(head_.status, type, fields_ + head_.passed,
                                      told ? openai::with_member(answer_, "offload", report_) : answer_));
    }
    return client->end(request.keep_alive);
  }
  std::string text = streaming_out_ ? std::string() : stream_head(*client);
  text += framed(*client, stream_end(request));
  if (request.http_11) text += http::kLastChunk;
  client->send(std::move(text));
  client->end(request.keep_alive && request.http_11 && !cut_);
}

void ServedTurn::release() {
  if (stage_ == Stage::over) return;
  stage_ = Stage::over;
  never_expire();
  leave_place(0);
  std::shared_ptr<ServedTurn> self;
  if (place_) {
    self = std::move(**place_);
    services_.open.erase(*place_);
    place_.reset();
  }
  if (session_->running == self) session_->running = nullptr;
  while (!session_->waiting.empty()) {
    const auto next = std::move(session_->waiting.front());
    session_->waiting.pop_front();
    if (next()) return;
  }
}

void ServedTurn::let_go() {
  stage_ = Stage::over;
  never_expire();
  wait_.cancel();
  deadline_.cancel();
  if (call_) call_->cancel();
  queued_ = false;
  clients_.clear();
  // Each of those holds the session, and it them.
  session_->waiting.clear();
  session_->running = nullptr;
}

}  // namespace offload
