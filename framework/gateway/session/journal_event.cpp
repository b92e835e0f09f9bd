#include "gateway/session/journal_event.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "files/checked_json.hpp"
#include "gateway/openai/error_body.hpp"

namespace offload {
namespace {

constexpr std::size_t kNameMost = 256, kMaskMost = 2048;
constexpr std::int64_t kIdMost = std::numeric_limits<std::int64_t>::max();

std::string json_of(const std::string& text) { return openai::quoted(text); }

std::string list(const Amounts& amounts) { return fmt::format("[{},{}]", amounts[0], amounts[1]); }

const char* untrained_text(bool untrained) { return untrained ? R"(,"untrained":true)" : ""; }

// By hand, since it is written for every turn: an object of JSON costs ten times as much.
// Seeds are texts: not every reader of JSON holds 64 bits.
std::string text_of(const ServeOpened& e) {
  return fmt::format(
      R"({{"e":"open","format":"{}","t":{},"version":{},"plugin":{},"plugin_version":{},"plugin_sha256":{},)"
      R"("checkpoint_sha256":{},"data_sha256":{},"mode":{},"accounting":{},"cell":{},"enforced":{},"tasks":{},)"
      R"("modalities":{},"turns_max":{}{}{}}})",
      kJournalFormat, e.time_ms, json_of(e.version), json_of(e.plugin), json_of(e.plugin_version),
      json_of(e.plugin_sha256), json_of(e.checkpoint_sha256), json_of(e.data_sha256), json_of(e.mode),
      json_of(e.accounting), json_of(e.cell), e.enforced, e.tasks, e.modalities, e.turns_max,
      e.prices_sha256.empty() ? std::string()
                              : fmt::format(R"(,"prices_sha256":{})", json_of(e.prices_sha256)),
      untrained_text(e.untrained));
}

std::string text_of(const AgentJoined& e) {
  return fmt::format(
      R"({{"e":"agent","a":{},"t":{},"row":{},"plugin":{},"plugin_version":{},"plugin_sha256":{},)"
      R"("checkpoint_sha256":{},"share_ppm":{},"reload":{}{}}})",
      e.agent, e.time_ms, json_of(e.row), json_of(e.plugin), json_of(e.plugin_version),
      json_of(e.plugin_sha256), json_of(e.checkpoint_sha256), e.share_ppm, e.reload,
      untrained_text(e.untrained));
}

std::string text_of(const SessionBegun& e) {
  return fmt::format(R"({{"e":"session","s":{},"id":{},"rng":"{}","before":{}}})", e.session, json_of(e.id),
                     e.rng_stream, e.messages_before);
}

std::string text_of(const TaskAsked& e) {
  return fmt::format(R"({{"e":"ask","d":{},"s":{},"t":{},"reserved":{}}})", e.decision, e.session, e.time_ms,
                     list(e.reserved));
}

std::string text_of(const TaskTold& e) {
  return fmt::format(
      R"({{"e":"told","d":{},"s":{},"t":{},"task":{},"amount":{},"tokens":[{},{},{}],"estimated":{}}})",
      e.decision, e.session, e.time_ms, e.task, list(e.amount), e.prompt, e.cached, e.completion,
      e.estimated);
}

std::string text_of(const TurnDecided& e) {
  return fmt::format(
      R"({{"e":"decided","d":{},"s":{},"t":{},"turn":{},"task":{},"task_from":{},"views":{},"spent":{},"limit":{},)"
      R"("mask":{},"seen":{},"choice":{},"action":{},"why":{},"reserved":{}{}}})",
      e.decision, e.session, e.time_ms, e.turn, e.task, json_of(e.task_from), e.views, list(e.spent),
      list(e.limit), json_of(e.mask), json_of(e.seen), e.choice, e.action, json_of(e.why), list(e.reserved),
      e.agent == 0 ? std::string() : fmt::format(R"(,"agent":{})", e.agent));
}

std::string text_of(const CallBegun& e) {
  return fmt::format(R"({{"e":"call","d":{},"endpoint":{},"attempt":{},"reserved":{}}})", e.decision,
                     json_of(e.endpoint), e.attempt, list(e.reserved));
}

std::string text_of(const TurnSettled& e) {
  return fmt::format(
      R"({{"e":"settled","d":{},"s":{},"t":{},"turn":{},"action":{},"amount":{},"measured":{},"tokens":[{},{},{}],)"
      R"("estimated":{},"over_run":{},"outcome":{},"status":{}}})",
      e.decision, e.session, e.time_ms, e.turn, e.action, list(e.amount), list(e.measured), e.prompt,
      e.cached, e.completion, e.estimated, e.over_run, json_of(e.outcome), e.status);
}

std::string text_of(const ServeClosed& e) { return fmt::format(R"({{"e":"close","t":{}}})", e.time_ms); }

class EventReader {
 public:
  EventReader(const nlohmann::json& value, const std::string& place) : json_(value, place) {}

  JournalEvent read() const {
    const std::string kind = text("e");
    if (kind == "open") return opened();
    if (kind == "agent") return joined();
    if (kind == "session") return SessionBegun{id("s"), text("id"), seed(), small("before")};
    if (kind == "ask") return TaskAsked{id("d"), id("s"), number("t"), amounts("reserved")};
    if (kind == "told") return told();
    if (kind == "decided") return decided();
    if (kind == "call") return CallBegun{id("d"), text("endpoint"), small("attempt"), amounts("reserved")};
    if (kind == "settled") return settled();
    if (kind == "close") return ServeClosed{number("t")};
    json_.at("e").refuse("a known event");
  }

 private:
  std::string text(const char* name, std::size_t most = kNameMost) const { return json_.at(name).text(most); }
  std::int64_t number(const char* name) const { return json_.at(name).integer(0, kIdMost); }
  std::uint64_t id(const char* name) const { return static_cast<std::uint64_t>(number(name)); }
  int small(const char* name, int least = 0) const {
    return static_cast<int>(json_.at(name).integer(least, 1 << 20));
  }
  Amounts amounts(const char* name) const {
    const CheckedJson list = json_.at(name);
    if (list.array_size(kResources) != kResources) list.refuse("two amounts");
    return {list.at(std::size_t{0}).integer(0, kIdMost), list.at(std::size_t{1}).integer(0, kIdMost)};
  }
  std::uint64_t seed() const {
    const std::string digits = text("rng");
    if (digits.empty() || digits.size() > 20 || digits.find_first_not_of("0123456789") != std::string::npos)
      json_.at("rng").refuse("a number of 64 bits as text");
    std::uint64_t value = 0;
    for (const char c : digits) value = value * 10 + static_cast<std::uint64_t>(c - '0');
    return value;
  }

  bool untrained() const { return json_.has("untrained") && json_.at("untrained").boolean(); }

  JournalEvent opened() const {
    if (text("format") != kJournalFormat) json_.at("format").refuse(std::string(kJournalFormat));
    return ServeOpened{number("t"),
                       text("version"),
                       text("plugin"),
                       text("plugin_version", kTextMax),
                       text("plugin_sha256"),
                       text("checkpoint_sha256"),
                       text("data_sha256"),
                       text("mode"),
                       text("accounting"),
                       text("cell", kTextMax),
                       json_.at("enforced").boolean(),
                       small("tasks"),
                       small("modalities"),
                       small("turns_max"),
                       json_.has("prices_sha256") ? text("prices_sha256") : std::string(),
                       untrained()};
  }

  JournalEvent joined() const {
    return AgentJoined{id("a"),
                       number("t"),
                       text("row", kTextMax),
                       text("plugin"),
                       text("plugin_version", kTextMax),
                       text("plugin_sha256"),
                       text("checkpoint_sha256"),
                       json_.at("share_ppm").integer(0, 1'000'000),
                       small("reload"),
                       untrained()};
  }

  JournalEvent decided() const {
    return TurnDecided{id("d"),
                       id("s"),
                       number("t"),
                       small("turn"),
                       small("task"),
                       text("task_from"),
                       small("views"),
                       amounts("spent"),
                       amounts("limit"),
                       text("mask", kMaskMost),
                       text("seen"),
                       small("choice", -1),
                       small("action"),
                       text("why"),
                       amounts("reserved"),
                       json_.has("agent") ? id("agent") : 0};
  }

  // Of the prompt, cached ones among them, and of the answer.
  std::array<std::int64_t, 3> tokens() const {
    const CheckedJson list = json_.at("tokens");
    if (list.array_size(3) != 3) list.refuse("three numbers of tokens");
    const auto token = [&list](std::size_t i) { return list.at(i).integer(0, kIdMost); };
    return {token(0), token(1), token(2)};
  }

  JournalEvent told() const {
    const auto token = tokens();
    return TaskTold{id("d"),           id("s"),           number("t"),
                    small("task", -1), amounts("amount"), token[0],
                    token[1],          token[2],          json_.at("estimated").boolean()};
  }

  JournalEvent settled() const {
    const auto token = tokens();
    return TurnSettled{id("d"),
                       id("s"),
                       number("t"),
                       small("turn"),
                       small("action"),
                       amounts("amount"),
                       amounts("measured"),
                       token[0],
                       token[1],
                       token[2],
                       json_.at("estimated").boolean(),
                       json_.at("over_run").boolean(),
                       text("outcome"),
                       small("status")};
  }

  CheckedJson json_;
};

}  // namespace

std::string to_json(const JournalEvent& event) {
  return std::visit([](const auto& e) { return text_of(e); }, event);
}

JournalEvent journal_event_from_json(std::string_view line, const std::string& place) {
  const nlohmann::json value = parse_checked(line, place);
  return EventReader(value, place).read();
}

}  // namespace offload
