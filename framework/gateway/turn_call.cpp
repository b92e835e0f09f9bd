#include <fmt/format.h>
#include <offload/random.hpp>

#include <algorithm>

#include "gateway/turn.hpp"

namespace offload {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kRetryWaitMost{5000};
constexpr std::size_t kAnswerMost = std::size_t{64} << 20;

}  // namespace

// The call that is to come has been journalled.
void ServedTurn::call() {
  if (services_.ending) return;  // the next start books what was reserved
  stage_ = Stage::calling;
  if (abandoned_) return settle("gone");
  if (late_) return settle("deadline");
  watch_deadline();
  make_call();
}

void ServedTurn::drop_images(std::size_t message, std::uint32_t sent) {
  const auto& parts = question_.request.messages[message].parts;
  std::vector<bool> kept;
  int view = 0;
  bool dropped = false;
  for (const openai::Part& part : parts) {
    kept.push_back(!part.image || (view < 32 && (sent >> view & 1U) != 0));
    view += part.image;
    dropped = dropped || !kept.back();
  }
  if (dropped) openai::drop_parts(*edited_, question_.request.messages[message], kept);
}

// Images of this turn are the action's; of earlier ones those that went out then, so that what the cloud
// never got stays with the client.
void ServedTurn::edit() {
  const Endpoint& end = services_.planner.endpoint(action_);
  const openai::ChatRequest& request = question_.request;
  const ActionSpace& actions = services_.policy.scenario().actions();
  edited_ = std::make_unique<openai::EditedText>(question_.body);
  if (!end.settings.model.empty()) openai::name_model(*edited_, request, end.settings.model);
  openai::ask_for_usage(*edited_, request, question_.body);
  if (services_.settings.measured && plan_.episode.turns.back().limit[1] != kUnlimited &&
      !request.has_max_tokens)
    openai::limit_tokens(*edited_, question_.body, end.settings.limit_key, end.settings.max_output);
  if (request.image_bytes == 0) return;
  const ServeSettings::History history = services_.settings.history_images;
  int user = -session_->messages_before;
  for (std::size_t m = 0; m < request.messages.size(); ++m) {
    if (request.messages[m].role != openai::Role::user) continue;
    const bool now = m == request.last_user;
    std::uint32_t sent = history == ServeSettings::History::none ? 0 : ~0U;
    if (now) {
      sent = actions.images(action_);
    } else if (history == ServeSettings::History::sent && user >= 0 && user < plan_.turn) {
      sent = actions.images(session_->turns[static_cast<std::size_t>(user)].action);
    }
    drop_images(m, end.settings.images ? sent : 0);
    ++user;
  }
}

std::string ServedTurn::call_fields() const {
  return fmt::format("accept: {}\r\nuser-agent: offload-bench\r\nidempotency-key: offload-{}-{}\r\n{}",
                     question_.request.stream ? "text/event-stream" : "application/json", session_->number,
                     decision_, question_.passed[action_ > 0 ? 1 : 0]);
}

void ServedTurn::make_call() {
  Endpoint& end = services_.planner.endpoint(action_);
  edit();
  http::CallRequest request{"/chat/completions", call_fields(), edited_->pieces(), edited_->size()};
  ++attempts_;
  ++services_.metrics.calls[fmt::format("endpoint=\"{}\"", end.name)];
  head_ = {};
  answer_.clear();
  relay_.reset();
  call_ =
      std::make_shared<http::Call>(*end.upstream, std::move(request), static_cast<http::CallSink&>(*this));
  call_->start();
}

void ServedTurn::call_head(const http::AnswerHead& head) {
  head_ = head;
  first_byte_ = http::Clock::now();
  if (question_.request.stream && head.status == 200 && head.content_type.starts_with("text/event-stream"))
    relay_ = std::make_unique<openai::StreamRelay>(question_.request.include_usage,
                                                   services_.texts == nullptr ? 0 : kAnsweredMost);
}

void ServedTurn::call_body(std::string_view bytes) {
  if (!relay_) {
    answer_ += bytes;
    if (answer_.size() <= kAnswerMost) return call_->resume();
    call_->cancel();
    return call_failed(http::CallFailure::broken);
  }
  std::string out;
  relay_->feed(bytes, out);
  if (out.empty()) return call_->resume();
  stream_out(std::move(out));
}

void ServedTurn::call_over(bool well) {
  Endpoint& end = services_.planner.endpoint(action_);
  if (well) {
    end.breaker.succeeded();
  } else {
    end.breaker.failed(http::Clock::now());
  }
}

void ServedTurn::call_end() {
  call_over(!retryable(head_.status) || head_.status == 409);
  if (relay_) {
    std::string rest;
    relay_->finish(rest);
    cut_ = relay_->error() || !(relay_->done() || relay_->all_ended(question_.request.choices));
    if (cut_ && !streaming_out_ && !relay_->error()) {
      book_lost_call();
      if (try_again(false, milliseconds(0))) return;
    }
    tail_ = std::move(rest);
    return settle(cut_ ? "cut" : "ok");
  }
  if (retry_status()) return;
  const bool well = head_.status >= 200 && head_.status < 300 && !openai::facts_of(answer_).error;
  settle(well ? "ok" : "error");
}

bool ServedTurn::retry_status() {
  if (!retryable(head_.status)) return false;
  const milliseconds wait = asked_wait(head_, milliseconds(500 << std::min(attempts_ - 1, 4)));
  return try_again(wait <= kRetryWaitMost, wait);
}

void ServedTurn::call_failed(http::CallFailure failure) {
  call_over(false);
  encoded_ = failure == http::CallFailure::encoded;
  if (failure != http::CallFailure::connect) book_lost_call();
  if (!streaming_out_) {
    relay_.reset();
    if (try_again(failure == http::CallFailure::connect, milliseconds(100))) return;
    head_.status = 0;
    return settle("error");
  }
  cut_ = true;
  settle("cut");
}

// It may have been charged for: what was reserved for it is taken as spent.
void ServedTurn::book_lost_call() {
  if (streaming_out_) return;  // settled by what it told so far
  const int kind = services_.policy.scenario().actions().kind(action_);
  lost_cost_ = plus(lost_cost_, plan_.reserve[static_cast<std::size_t>(kind)][1]);
}

// The same endpoint again, or the other one, if attempts are left. `wait`: before the same one is asked.
bool ServedTurn::try_again(bool same_endpoint, milliseconds wait) {
  const Endpoint& end = services_.planner.endpoint(action_);
  if (abandoned_ || attempts_ >= end.settings.attempts + 1) return false;
  const bool same = same_endpoint && attempts_ < end.settings.attempts && !fell_back_;
  if (!same) {
    const int other = fell_back_ ? -1 : services_.planner.other(plan_, action_);
    if (other < 0) return false;
    fell_back_ = true;
    ++services_.metrics.fallbacks;
    action_ = other;
    wait = milliseconds(0);
    leave_place(0);
    hold_place(services_.planner.endpoint(other), other);
  } else {
    held_->rate.take(http::Clock::now(), held_tokens_);
  }
  const int kind = services_.policy.scenario().actions().kind(action_);
  const Amounts& more = plan_.reserve[static_cast<std::size_t>(kind)];
  reserved_ = larger(reserved_, Amounts{more[0], plus(lost_cost_, more[1])});
  // Who waits equally long meets again: a quarter more or less, drawn from the decision's number.
  const double spread = .75 + .5 * Random(stream(decision_, attempts_)).uniform();
  wait_.expires_after(milliseconds(static_cast<std::int64_t>(static_cast<double>(wait.count()) * spread)));
  wait_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (error || self->stage_ != Stage::calling) return;
    const std::string& name = self->services_.planner.endpoint(self->action_).name;
    self->stage_ = Stage::deciding_journalled;
    self->journal_call(CallBegun{self->decision_, name, self->attempts_ + 1, self->reserved_});
  });
  call_.reset();
  return true;
}

}  // namespace offload
