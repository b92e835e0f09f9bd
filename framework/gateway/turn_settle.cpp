#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>

#include "data/tables/decimal.hpp"
#include "gateway/turn.hpp"

namespace offload {

// What is booked. Money of which nothing is known is taken as spent as reserved.
TurnSettled ServedTurn::settlement(const char* outcome) {
  const ServeSettings& settings = services_.settings;
  const Endpoint& end = services_.planner.endpoint(action_);
  const ActionSpace& actions = services_.policy.scenario().actions();
  const auto kind = static_cast<std::size_t>(actions.kind(action_));
  const Price& price = end.settings.prices.at(plan_.time_ms);
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
  auto usage = openai::known_usage(relay_     ? relay_->usage()
                                   : answered ? openai::facts_of(answer_).usage
                                              : std::nullopt);
  if (question_.request.choices > 1 && !end.settings.counts_choices) usage.reset();
  settled.measured[0] =
      std::max<std::int64_t>(0, std::chrono::nanoseconds(http::Clock::now() - started_ - blocked_).count());
  settled.measured[1] = lost_cost_;
  settled.estimated = (asked && !usage) || lost_cost_ > 0;
  if (usage) {
    settled.prompt = usage->prompt;
    settled.cached = usage->cached;
    settled.completion = usage->completion;
    settled.measured[1] = plus(lost_cost_, cost_of(price, *usage, std::popcount(actions.images(action_))));
  } else if (asked) {
    const std::int64_t chunks = relay_ ? relay_->chunks() : 0;
    settled.measured[1] = plus(lost_cost_, estimated_cost(price, plan_.reserve[kind][1], chunks));
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
  if (!settled.estimated) end.usage[kind].add({settled.prompt, settled.cached, settled.completion});
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
  session_->used_ms = even_ms();
  if (static_cast<std::size_t>(plan_.turn) < session_->turns.size())
    session_->turns[static_cast<std::size_t>(plan_.turn)].action = action_;
  count(settled);
  report(settled);
  leave_place(settled.estimated ? held_tokens_ : settled.prompt + settled.completion);
  // The end of an answer is shown once what it came to is written. Should the machine stop before the disk
  // has that, the turn is settled as reserved, so that only more than this has to be on the disk first.
  auto go_on = [self = shared_from_this()] { self->finish_clients(); };
  if (settled.amount[1] > reserved_[1]) return services_.journal.add(settled, std::move(go_on));
  services_.journal.add_written(settled, std::move(go_on));
}

std::string ServedTurn::cost_field(std::int64_t pusd) const {
  return fmt::format("x-offload-turn-usd: {}\r\n", decimal_text(pusd, 12));
}

// What the turn came to, for who asks for it, and for who opted to keep what is said.
void ServedTurn::report(const TurnSettled& settled) {
  // The classifier's part is booked for itself, and is the client's to pay all the same.
  const std::int64_t cost = plus(settled.amount[1], classified_.amount_pusd);
  report_ = fmt::format(
      R"({{"cost_usd":{},"latency_s":{},"estimated":{},"over_run":{},"endpoint":"{}","action":{},"session":{},)"
      R"("turn":{},"decision":{}}})",
      decimal_text(cost, 12), decimal_text(settled.amount[0], 9), settled.estimated || classified_.estimated,
      settled.over_run, services_.planner.endpoint(action_).name, action_, settled.session, settled.turn,
      settled.decision);
  if (!streaming_out_)
    fields_ = own_fields() + cost_field(cost) +
              fmt::format("x-offload-turn-ms: {}\r\n", decimal_text(settled.amount[0], 6));
  if (services_.texts == nullptr) return;
  const bool well = head_.status >= 200 && head_.status < 300;
  services_.texts->add({settled.decision, settled.session, settled.time_ms,
                        openai::last_user_text(question_.request, question_.body, kSaidMost),
                        relay_ ? relay_->text()
                        : well ? openai::answer_text(answer_).value_or("").substr(0, kAnsweredMost)
                               : std::string(),
                        settled.outcome});
}

}  // namespace offload
