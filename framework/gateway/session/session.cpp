#include "gateway/session/session.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "gateway/session/ledger.hpp"

namespace offload {

Amounts larger(const Amounts& a, const Amounts& b) { return {std::max(a[0], b[0]), std::max(a[1], b[1])}; }

void Session::history(int turn, int task, std::vector<std::uint8_t>& tasks,
                      std::vector<std::uint16_t>& actions) const {
  tasks.clear();
  actions.clear();
  for (const PastTurn& past : std::span(turns).first(static_cast<std::size_t>(turn))) {
    tasks.push_back(static_cast<std::uint8_t>(past.task));
    actions.push_back(static_cast<std::uint16_t>(past.action));
  }
  tasks.push_back(static_cast<std::uint8_t>(task));
}

std::shared_ptr<Session> SessionTable::find_or_begin(const std::string& id, std::int64_t now_ms,
                                                     bool& began) {
  evict(now_ms);
  const auto known = id.empty() ? by_id_.end() : by_id_.find(id);
  began = known == by_id_.end();
  if (!began) {
    const auto session = *known->second;
    touch(session, now_ms);
    return session;
  }
  const auto session = std::make_shared<Session>();
  session->number = next_++;
  session->id = id;
  touch(session, now_ms);
  return session;
}

// Sessions of one turn are kept by nobody but their turn.
void SessionTable::touch(const std::shared_ptr<Session>& session, std::int64_t now_ms) {
  session->used_ms = now_ms;
  if (session->id.empty()) return;
  const auto known = by_id_.find(session->id);
  if (known != by_id_.end()) {
    by_use_.splice(by_use_.begin(), by_use_, known->second);
  } else {
    by_use_.push_front(session);
    by_id_[session->id] = by_use_.begin();
  }
}

void SessionTable::evict(std::int64_t now_ms) {
  auto last = by_use_.end();
  while (last != by_use_.begin()) {
    const Session& oldest = **--last;
    const bool old = now_ms - oldest.used_ms > idle_ms_;
    if (!old && by_use_.size() <= most_) return;
    if (oldest.running) continue;
    by_id_.erase(oldest.id);
    last = by_use_.erase(last);
  }
}

void SessionTable::restore(const JournalEvent& event, const Amounts& limit) {
  if (const auto* begun = std::get_if<SessionBegun>(&event)) return restore(*begun, limit);
  if (const auto* decided = std::get_if<TurnDecided>(&event)) return restore(*decided);
  if (const auto* settled = std::get_if<TurnSettled>(&event)) return restore(*settled);
  if (const auto* asked = std::get_if<TaskAsked>(&event)) return restore(*asked);
  if (const auto* told = std::get_if<TaskTold>(&event)) return restore(*told);
  if (const auto* call = std::get_if<CallBegun>(&event)) {
    const auto found = pending_.find(call->decision);
    if (found != pending_.end()) found->second.reserved = larger(found->second.reserved, call->reserved);
  }
}

Session& SessionTable::numbered(std::uint64_t number) {
  const auto found = by_number_.find(number);
  if (found == by_number_.end())
    fail(ErrorKind::data, "the journal tells of session {}, which never began", number);
  return *found->second;
}

void SessionTable::restore(const SessionBegun& event, const Amounts& limit) {
  const auto session = std::make_shared<Session>();
  session->number = event.session;
  session->id = event.id;
  session->rng_stream = event.rng_stream;
  session->messages_before = event.messages_before;
  session->limit = limit;
  by_number_[event.session] = session;
  next_ = std::max(next_, event.session + 1);
}

void SessionTable::restore(const TurnDecided& event) {
  Session& session = numbered(event.session);
  const auto turn = static_cast<std::size_t>(event.turn);
  if (turn > session.turns.size())
    fail(ErrorKind::data, "the journal leaves out turn {} of session {}", session.turns.size(),
         event.session);
  if (event.why != "again" && event.why != "tool") {
    session.turns.resize(turn);
    session.turns.push_back({event.task, event.action, event.views, event.spent, event.limit, event.mask});
  }
  session.limit = event.limit;
  touch(by_number_[event.session], event.time_ms);
  decisions_ = std::max(decisions_, event.decision);
  pending_[event.decision] = event;
}

void SessionTable::restore(const TurnSettled& event) {
  Session& session = numbered(event.session);
  if (pending_.erase(event.decision) == 0)
    fail(ErrorKind::data, "the journal settles decision {} twice, or it was never made", event.decision);
  session.spent = plus(session.spent, event.amount);
  session.over_run = event.over_run;
  const auto turn = static_cast<std::size_t>(event.turn);
  if (turn < session.turns.size()) session.turns[turn].action = event.action;
  if (session.id.empty()) by_number_.erase(event.session);
}

void SessionTable::restore(const TaskAsked& event) {
  touch(by_number_[numbered(event.session).number], event.time_ms);
  decisions_ = std::max(decisions_, event.decision);
  asked_[event.decision] = event;
}

void SessionTable::restore(const TaskTold& event) {
  Session& session = numbered(event.session);
  if (asked_.erase(event.decision) == 0)
    fail(ErrorKind::data, "the journal books the classifier of decision {} twice, or it was never asked",
         event.decision);
  session.spent = plus(session.spent, event.amount);
}

void SessionTable::restored() {
  by_number_.clear();
  pending_.clear();
  asked_.clear();
}

std::vector<TaskTold> SessionTable::untold() const {
  std::vector<TaskTold> all;
  for (const auto& [decision, event] : asked_)
    all.push_back({decision, event.session, 0, -1, event.reserved, 0, 0, 0, true});
  return all;
}

std::vector<TurnSettled> SessionTable::unsettled() const {
  std::vector<TurnSettled> all;
  for (const auto& [decision, event] : pending_) {
    TurnSettled settled;
    settled.decision = decision;
    settled.session = event.session;
    settled.turn = event.turn;
    settled.action = event.action;
    settled.amount = event.reserved;
    settled.estimated = true;
    settled.over_run = !fits(by_number_.at(event.session)->spent, event.reserved, event.limit);
    settled.outcome = "crash";
    all.push_back(settled);
  }
  return all;
}

}  // namespace offload
