// Sessions: what of a conversation decides its next turn, and what it may still spend. They live in memory,
// the latest used ones; a journal brings them back after a restart.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/session/journal_event.hpp"

namespace offload {

// A turn as it was decided. `action`: the one that was delivered.
struct PastTurn {
  int task = 0, action = 0, views = 0;
  Amounts spent{}, limit{};
  std::string mask;  // as in the journal
  // Of what the user said, where agents read it. Not written down: of a turn before a restart they are gone,
  // and zeros are shown.
  std::vector<float> features = {};
};

struct Session {
  std::uint64_t number = 0;
  std::string id;  // keyed hash; empty for a session of one turn
  std::uint64_t rng_stream = 0;
  Amounts spent{};
  Amounts limit = {kUnlimited, kUnlimited};
  std::vector<PastTurn> turns;
  int messages_before = 0;  // messages of the user before the first turn that came through here
  bool over_run = false;
  std::int64_t used_ms = 0;

  std::shared_ptr<void> agent;  // who decides its turns
  // One turn at a time: what answers it, and who waits for the next.
  std::shared_ptr<void> running;
  std::deque<std::function<bool()>> waiting;  // false: it waits no more

  // Tasks of all turns and actions of all but the last, for encode_history, with another turn of `task`
  // behind the first `turn`.
  void history(int turn, int task, std::vector<std::uint8_t>& tasks,
               std::vector<std::uint16_t>& actions) const;
};

class SessionTable {
 public:
  // `most` sessions are kept; those not used for `idle_ms` go.
  SessionTable(std::size_t most, std::int64_t idle_ms) : most_(most), idle_ms_(idle_ms) {}

  // The session of that id; `began` says whether it is new. A reference stays good while it is `running`.
  std::shared_ptr<Session> find_or_begin(const std::string& id, std::int64_t now_ms, bool& began);
  // Those not used for too long go.
  void let_go(std::int64_t now_ms) { evict(now_ms); }
  std::size_t size() const { return by_id_.size(); }

  // Takes in an event of a journal. Throws Error(data) for one that contradicts those before it.
  void restore(const JournalEvent& event, const Amounts& limit);
  // What was decided and not settled, at what was reserved for it.
  std::vector<TurnSettled> unsettled() const;
  // Classifiers that were asked and whose answers are not booked, likewise.
  std::vector<TaskTold> untold() const;
  // The journal ends here; what only its reading needs is let go.
  void restored();
  std::uint64_t decisions() const { return decisions_; }  // the highest number so far

 private:
  void restore(const SessionBegun& event, const Amounts& limit);
  void restore(const TurnDecided& event);
  void restore(const TurnSettled& event);
  void restore(const TaskAsked& event);
  void restore(const TaskTold& event);
  Session& numbered(std::uint64_t number);
  void touch(const std::shared_ptr<Session>& session, std::int64_t now_ms);
  void evict(std::int64_t now_ms);

  std::size_t most_;
  std::int64_t idle_ms_;
  std::uint64_t next_ = 1, decisions_ = 0;
  std::list<std::shared_ptr<Session>> by_use_;  // the latest first
  std::unordered_map<std::string, std::list<std::shared_ptr<Session>>::iterator> by_id_;
  // While a journal is read.
  std::map<std::uint64_t, std::shared_ptr<Session>> by_number_;
  std::map<std::uint64_t, TurnDecided> pending_;
  std::map<std::uint64_t, TaskAsked> asked_;
};

// What is booked at least when a call may have cost something: of two reservations the larger.
Amounts larger(const Amounts& a, const Amounts& b);

}  // namespace offload
