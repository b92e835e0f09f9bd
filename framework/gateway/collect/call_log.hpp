// The journal of a collection: what is about to be asked, on the disk before it is; what came of it, on the
// disk before it is used; and so what was spent. It holds the answers, which are what was paid for, and of
// the questions only hashes. All functions may be called from any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "gateway/collect/messages.hpp"
#include "gateway/session/journal_file.hpp"

namespace offload {

inline constexpr std::string_view kCollectFormat = "offload-collect/1";

// What a call is for. `ask` counts the verdicts of a turn, tries included.
struct CallPlace {
  Role role = kLocalRole;
  std::size_t dialogue = 0;
  int draw = 0, turn = 0, ask = 0;

  std::string text() const;  // "dialogue 3, draw 0, turn 1, judge 2", all from 0 but for the name
};

struct Reply {
  std::string text, model;
  std::int64_t latency_ns = 0, amount_pusd = 0;
  openai::Usage usage;
  bool estimated = false;  // no usage was told: the amount is the bound
};

// A call that brought nothing. `lost`: it may have been charged for and is not made again by itself.
struct CallFailed {
  std::string why;  // "connect", "late", "idle", "broken", "encoded", "status", "unusable", "too-long"
  int status = 0;
  std::int64_t amount_pusd = 0;
  bool lost = false;
};

enum class CallState {
  made,   // there is a reply
  open,   // it was begun and never ended: a kill. What it did nobody knows
  lost,   // it failed and may have been charged for
  begun,  // go ahead
  dear    // it does not fit max_cost_usd
};

// What was spent and on what.
struct CallTotals {
  std::int64_t spent_pusd = 0;  // settled amounts, and of open calls the bounds
  std::int64_t open_pusd = 0;   // of them those of calls that a kill left open
  std::array<std::int64_t, kRoles> calls{}, failures{}, role_pusd{}, tokens{};
  std::vector<std::string> open;                     // where, those of before this run
  std::array<std::set<std::string>, kRoles> models;  // as the servers named them
  std::int64_t first_ms = 0, last_ms = 0;            // of the wall clock
};

class CallLog {
 public:
  // Reads what is there and goes on behind it. `retry`: calls that are open or lost are made again. Throws
  // Error(data) for a journal that was changed, and Error(config) for one of another plan (`digest`);
  // Error(io).
  CallLog(const std::filesystem::path& file, const std::string& digest, std::int64_t max_pusd, bool retry);

  // Whether there is a reply.
  bool made(const std::string& key, Reply& reply);
  // Before a call: on `begun` the intent is on the disk and its bound is spent. On `made`, `reply` is set.
  // Throws Error(io) where the journal cannot be written.
  CallState begin(const std::string& key, const CallPlace& place, std::int64_t bound_pusd, Reply& reply);
  // After it, once per begun call; returns when it is on the disk.
  void settle(const std::string& key, const CallPlace& place, const Reply& reply);
  void settle(const std::string& key, const CallPlace& place, const CallFailed& failed);
  // The choice of a turn, for the record; once per turn.
  void note_choice(const CallPlace& place, int action, double propensity);

  CallTotals totals();
  ChainHead head();

 private:
  struct Call {
    CallPlace place;
    bool open = false, lost = false, made = false, before = false;  // before: left open by an earlier run
    std::int64_t bound = 0;
    Reply reply;
  };
  void restore(const std::string& json, const std::string& line, const std::string& digest);
  void count(const CallPlace& place, std::int64_t amount, std::int64_t ms, bool failed);
  void write(const std::string& json, std::unique_lock<std::mutex>& lock);

  std::mutex mutex_;
  std::map<std::string, Call> calls_;
  std::set<std::string> choices_;
  CallTotals totals_;
  std::int64_t max_pusd_;
  bool retry_, known_plan_ = false;
  ChainHead head_;
  std::unique_ptr<JournalFile> file_;
};

}  // namespace offload
