#include "gateway/turn.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.hpp"

namespace offload {
namespace {

constexpr std::size_t kClassifiedText = 4096;  // bytes of what the user said that a classifier is shown

}  // namespace
ServedTurn::ServedTurn(TurnServices& services, std::shared_ptr<Session> session, Question question)
    : Timed(services.deadlines),
      services_(services),
      session_(std::move(session)),
      agent_(std::static_pointer_cast<ServedAgent>(session_->agent)),
      question_(std::move(question)),
      wait_(services.io),
      deadline_(services.io) {}

void ServedTurn::begin() {
  place_ = services_.open.insert(services_.open.end(), shared_from_this());
  session_->running = *place_.value();
  const openai::ChatRequest& request = question_.request;
  if (services_.classifier == nullptr ||
      !services_.planner.task_is_open(*session_, request, question_.body, question_.headers))
    return decide();
  ask_task();
}

// One that costs something is asked if the session has room for it, and not before the disk has that.
void ServedTurn::ask_task() {
  const std::string text = openai::last_user_text(question_.request, question_.body, kClassifiedText);
  const Classifier::Quote quote = services_.classifier->quote(text, wall_ms());
  const Amounts bound = {0, quote.bound_pusd};
  const auto ask = [self = shared_from_this(), quote, bound] {
    if (self->services_.ending) return;  // the next start books what was reserved
    if (self->abandoned_) return self->take_task({}, bound);
    self->services_.classifier->ask(quote,
                                    [self, bound](const Classified& told) { self->take_task(told, bound); });
  };
  if (bound[1] == 0) return ask();
  const bool room = !services_.settings.enforce ||
                    fits(session_->spent, bound, services_.planner.limits(*session_, question_.headers));
  if (!room || !services_.classifier->available()) {
    ++services_.metrics.classified[room ? "outcome=\"none\"" : "outcome=\"budget\""];
    return decide();
  }
  decision_ = services_.next_decision++;
  services_.journal.add(TaskAsked{decision_, session_->number, quote.time_ms, bound}, ask);
}

void ServedTurn::take_task(const Classified& told, const Amounts& bound) {
  Metrics& metrics = services_.metrics;
  ++metrics.classified[told.task < 0 ? "outcome=\"none\"" : "outcome=\"task\""];
  question_.headers.classified = told.task;
  classified_ = told;
  auto go_on = [self = shared_from_this()] {
    if (self->services_.ending) return;  // it has been let go
    self->abandoned_ ? self->release() : self->decide();
  };
  if (bound[1] == 0) return go_on();
  const Amounts amount = {0, told.amount_pusd};
  session_->spent = plus(session_->spent, amount);
  metrics.tokens["endpoint=\"classifier\",type=\"input\""] += told.usage.prompt;
  metrics.tokens["endpoint=\"classifier\",type=\"output\""] += told.usage.completion;
  metrics.cost_pusd["endpoint=\"classifier\""] += told.amount_pusd;
  const TaskTold event{decision_,     session_->number,  wall_ms(),         told.task,
                       amount,        told.usage.prompt, told.usage.cached, told.usage.completion,
                       told.estimated};
  // As for settlements: what is above the reservation is on the disk first.
  if (amount[1] > bound[1]) return services_.journal.add(event, std::move(go_on));
  services_.journal.add_written(event, std::move(go_on));
}

void ServedTurn::decide() {
  deciding_ = http::Clock::now();
  try {
    plan_ =
        services_.planner.plan(*session_, question_.request, question_.body, question_.headers, wall_ms());
    if (plan_.kind != TurnPlan::Kind::fresh) {
      const int action = plan_.episode.turns.back().action;
      require_room(action);
      return admit(std::nullopt, action, plan_.kind == TurnPlan::Kind::again ? "again" : "tool");
    }
    if (question_.forced >= 0) {
      const int action =
          question_.forced == 0 ? 0 : services_.planner.all_views(plan_.episode.turns.back().views);
      require_room(action);
      return admit(std::nullopt, action, "forced");
    }
    if (plan_.exhausted && services_.settings.enforce) {
      if (services_.settings.exhausted == ServeSettings::Exhausted::error) require_room(-1);
      return admit(std::nullopt, 0, "exhausted");
    }
    ask();
  } catch (const Refusal& refusal) {
    refuse(refusal);
  }
}

void ServedTurn::require_room(int action) const {
  if (!services_.settings.enforce) return;
  if (action >= 0 && plan_.room[static_cast<std::size_t>(action)] != 0) return;
  throw Refusal{429, "the session's budget has no room for this turn", "budget_exceeded", "session_budget",
                false};
}

void ServedTurn::refuse(const Refusal& refusal) {
  ++services_.metrics.refused[fmt::format("code=\"{}\"", refusal.code)];
  // Asking for the task may have cost something all the same.
  const std::string cost = classified_.amount_pusd > 0 ? cost_field(classified_.amount_pusd) : "";
  for (const Client& client : clients_) {
    client.connection->send(refusal_answer(refusal, cost));
    client.connection->end(client.connection->request().keep_alive);
  }
  clients_.clear();
  release();
}

void ServedTurn::ask() {
  agent_->decider.ask(plan_.episode, [self = shared_from_this()](std::optional<int> choice) {
    self->services_.metrics.decision.add(
        std::chrono::duration<double>(self->question_.parsing + (http::Clock::now() - self->deciding_))
            .count());
    self->choose(choice);
  });
}

// What is done, for what the agent chose or left open.
int ServedTurn::choice_or(std::optional<int> choice, std::string& why) const {
  const ServeSettings& settings = services_.settings;
  if (settings.baseline) {
    why = "shadow";
    return *settings.baseline == 0 ? 0 : services_.planner.all_views(plan_.episode.turns.back().views);
  }
  why = choice ? "agent" : "late";
  if (choice && (plan_.seen.mask[static_cast<std::size_t>(*choice)] != 0 || !settings.enforce))
    return *choice;
  if (choice) why = "outside-mask";
  return services_.planner.cheapest(plan_.seen.mask);
}

void ServedTurn::choose(std::optional<int> choice) {
  if (abandoned_) return release();
  std::string why;
  const int action = choice_or(choice, why);
  try {
    if (services_.settings.baseline) require_room(action);
    admit(choice, action, why);
  } catch (const Refusal& refusal) {
    refuse(refusal);
  }
}

// Once its endpoint has a place for the call, which is kept to the turn's end.
void ServedTurn::admit(std::optional<int> choice, int action, const std::string& why) {
  Endpoint& end = services_.planner.endpoint(action);
  if (end.waiting.empty() && end.has_place()) {
    hold_place(end, action);
    return book_decision(choice, action, why);
  }
  if (static_cast<int>(end.waiting.size()) >= end.settings.queue) return refuse(busy(end));
  queued_ = true;
  end.waiting.push_back([self = shared_from_this(), &end, choice, action, why] {
    if (!std::exchange(self->queued_, false)) return false;
    self->wait_.cancel();
    self->hold_place(end, action);
    self->book_decision(choice, action, why);
    return true;
  });
  wait_.expires_after(services_.settings.queue);
  wait_.async_wait([self = shared_from_this(), &end](const boost::system::error_code& error) {
    if (!error && std::exchange(self->queued_, false)) self->refuse(busy(end));
  });
}

Refusal ServedTurn::busy(const Endpoint& end) {
  const auto wait = std::chrono::ceil<std::chrono::seconds>(end.rate.wait(http::Clock::now()));
  if (wait.count() > 0)
    return {429,
            "the endpoint has had as many requests or tokens as it bears; try again later",
            "rate_limit_error",
            "rate_limited",
            true,
            static_cast<int>(wait.count())};
  return {503,
          "the endpoint has as many calls under way as it bears; try again later",
          "unavailable_error",
          "overloaded",
          true,
          1};
}

void ServedTurn::hold_place(Endpoint& end, int action) {
  held_ = &end;
  ++end.in_flight;
  held_tokens_ = plan_.tokens[static_cast<std::size_t>(services_.policy.scenario().actions().kind(action))];
  end.rate.take(http::Clock::now(), held_tokens_);
}

// `used`: tokens, of which there may have been fewer than were asked for.
void ServedTurn::leave_place(std::int64_t used) {
  Endpoint* const end = std::exchange(held_, nullptr);
  if (end == nullptr) return;
  --end->in_flight;
  end->rate.give_back(held_tokens_ - used);
  if (!end->waiting.empty()) boost::asio::post(services_.io, [end] { end->admit(); });
}

void ServedTurn::book_decision(std::optional<int> choice, int action, const std::string& why) {
  action_ = action;
  if (decision_ == 0) decision_ = services_.next_decision++;
  const int kind = services_.policy.scenario().actions().kind(action);
  reserved_ = plan_.reserve[static_cast<std::size_t>(kind)];
  PastTurn& now = plan_.episode.turns.back();
  now.action = action;
  if (plan_.kind == TurnPlan::Kind::fresh) {
    session_->turns.resize(static_cast<std::size_t>(plan_.turn));
    session_->turns.push_back(now);
  }
  session_->limit = now.limit;
  // Of the time whose prices it was planned by.
  const TurnDecided event{decision_,         session_->number,    plan_.time_ms, plan_.turn, now.task,
                          plan_.task_from,   now.views,           now.spent,     now.limit,  now.mask,
                          plan_.seen.hash(), choice.value_or(-1), action,        why,        reserved_,
                          agent_->number};
  ++services_.metrics.decisions[fmt::format("agent=\"{}\",why=\"{}\"", agent_->number, why)];
  stage_ = Stage::deciding_journalled;
  journal_call(event);
}

// What may cost money is not begun before the disk has it.
void ServedTurn::journal_call(const JournalEvent& event) {
  auto go_on = [self = shared_from_this()] { self->call(); };
  if (reserved_[1] > 0) return services_.journal.add(event, std::move(go_on));
  services_.journal.add_written(event, std::move(go_on));
}

}  // namespace offload
