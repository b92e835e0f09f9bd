// What a journal says, an event a line of JSON: who serves, which sessions began, what was decided from what,
// which calls were begun, what they came to. No text of a request or answer, no key, and of a session's id
// only a keyed hash.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/environment/profile.hpp"

namespace offload {

inline constexpr std::string_view kJournalFormat = "offload-journal/1";

// A gateway has begun to serve. `time_ms` is of the wall clock here and below.
struct ServeOpened {
  std::int64_t time_ms = 0;
  std::string version, plugin, plugin_version, plugin_sha256, checkpoint_sha256, data_sha256;
  std::string mode, accounting, cell;
  bool enforced = true;
  int tasks = 0, modalities = 0, turns_max = 0;
  std::string prices_sha256 = {};  // over all files of prices; empty where there is none
  bool untrained = false;          // the agent learns and has no checkpoint
  bool operator==(const ServeOpened&) const = default;
};

// Another agent decides beside or instead of the one that `open` names, which is number 0: an arm of
// serve.toml, or what a reload brought. Numbers begin anew with every `open`.
struct AgentJoined {
  std::uint64_t agent = 0;
  std::int64_t time_ms = 0;
  std::string row, plugin, plugin_version, plugin_sha256, checkpoint_sha256;
  std::int64_t share_ppm = 0;  // of new sessions, in millionths
  int reload = 0;              // 0: at the beginning; else new sessions get those of the latest reload
  bool untrained = false;      // it learns and has no checkpoint
  bool operator==(const AgentJoined&) const = default;
};

struct SessionBegun {
  std::uint64_t session = 0;
  std::string id;  // keyed hash in hexadecimal; empty for a session of one turn
  std::uint64_t rng_stream = 0;
  int messages_before = 0;  // of the user, before its first turn
  bool operator==(const SessionBegun&) const = default;
};

// A classifier that costs something is about to be asked for the task of a turn that is not decided yet.
struct TaskAsked {
  std::uint64_t decision = 0, session = 0;  // decision: of the turn, if it comes to one
  std::int64_t time_ms = 0;
  Amounts reserved{};
  bool operator==(const TaskAsked&) const = default;
};

// What that came to.
struct TaskTold {
  std::uint64_t decision = 0, session = 0;
  std::int64_t time_ms = 0;
  int task = -1;                                        // -1: it named none
  Amounts amount{};                                     // what is booked
  std::int64_t prompt = 0, cached = 0, completion = 0;  // tokens
  bool estimated = false;                               // no usage was told
  bool operator==(const TaskTold&) const = default;
};

// A turn was decided and its amounts were reserved. Everything that the agent saw follows from this and the
// session's turns before.
struct TurnDecided {
  std::uint64_t decision = 0, session = 0;
  std::int64_t time_ms = 0;
  int turn = 0;  // 0-based within the session; a turn that was decided before begins a branch
  int task = 0;
  std::string task_from;  // "header", "metadata", "rule", "classifier", "default"
  int views = 0;          // images that came with the turn
  Amounts spent{}, limit{};
  std::string mask;  // '0' and '1' per action, as the agent saw it
  std::string seen;  // SHA-256 of observation and mask
  int choice = -1;   // the agent's; -1 where it was not asked or did not answer
  int action = 0;    // what is done
  std::string why;   // "agent", "late", "outside-mask", "forced", "shadow", "again", "tool", "exhausted"
  Amounts reserved{};
  std::uint64_t agent = 0;  // who was or would have been asked
  bool operator==(const TurnDecided&) const = default;
};

// A call that may cost something is about to be made: the second and later ones of a turn.
struct CallBegun {
  std::uint64_t decision = 0;
  std::string endpoint;  // "local", "cloud"
  int attempt = 0;       // 1-based over the turn
  Amounts reserved{};    // of all calls of the turn so far
  bool operator==(const CallBegun&) const = default;
};

struct TurnSettled {
  std::uint64_t decision = 0, session = 0;
  std::int64_t time_ms = 0;
  int turn = 0, action = 0;                             // the action that was delivered
  Amounts amount{}, measured{};                         // what is booked; what was observed
  std::int64_t prompt = 0, cached = 0, completion = 0;  // tokens
  bool estimated = false;                               // no usage was told
  bool over_run = false;                                // a limit is exceeded from here on
  std::string outcome;                                  // "ok", "error", "cut", "gone", "deadline", "crash"
  int status = 0;                                       // of HTTP, as the client got it
  bool operator==(const TurnSettled&) const = default;
};

struct ServeClosed {
  std::int64_t time_ms = 0;
  bool operator==(const ServeClosed&) const = default;
};

using JournalEvent = std::variant<ServeOpened, AgentJoined, SessionBegun, TaskAsked, TaskTold, TurnDecided,
                                  CallBegun, TurnSettled, ServeClosed>;

// One line of JSON, complete but for the chain that a journal adds.
std::string to_json(const JournalEvent& event);
// Reads what to_json wrote, the chain's members ignored; throws Error(data) that names `place`.
JournalEvent journal_event_from_json(std::string_view line, const std::string& place);

}  // namespace offload
