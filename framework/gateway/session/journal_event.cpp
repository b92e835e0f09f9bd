#include "gateway/session/journal_event.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "files/checked_json.hpp"

namespace offload {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kNameMost = 256, kMaskMost = 2048;
constexpr std::int64_t kIdMost = std::numeric_limits<std::int64_t>::max();

// Seeds are texts: not every reader of JSON holds 64 bits.
Json to_object(const ServeOpened& e) {
  return {{"e", "open"},
          {"format", kJournalFormat},
          {"t", e.time_ms},
          {"version", e.version},
          {"plugin", e.plugin},
          {"plugin_version", e.plugin_version},
          {"plugin_sha256", e.plugin_sha256},
          {"checkpoint_sha256", e.checkpoint_sha256},
          {"data_sha256", e.data_sha256},
          {"mode", e.mode},
          {"accounting", e.accounting},
          {"cell", e.cell},
          {"enforced", e.enforced},
          {"tasks", e.tasks},
          {"modalities", e.modalities},
          {"turns_max", e.turns_max}};
}

Json to_object(const SessionBegun& e) {
  return {{"e", "session"},
          {"s", e.session},
          {"id", e.id},
          {"rng", fmt::format("{}", e.rng_stream)},
          {"before", e.messages_before}};
}

Json to_object(const TurnDecided& e) {
  return {{"e", "decided"},           {"d", e.decision},    {"s", e.session},
          {"t", e.time_ms},           {"turn", e.turn},     {"task", e.task},
          {"task_from", e.task_from}, {"views", e.views},   {"spent", e.spent},
          {"limit", e.limit},         {"mask", e.mask},     {"seen", e.seen},
          {"choice", e.choice},       {"action", e.action}, {"why", e.why},
          {"reserved", e.reserved}};
}

Json to_object(const CallBegun& e) {
  return {{"e", "call"},
          {"d", e.decision},
          {"endpoint", e.endpoint},
          {"attempt", e.attempt},
          {"reserved", e.reserved}};
}

Json to_object(const TurnSettled& e) {
  return {
      {"e", "settled"},           {"d", e.decision},        {"s", e.session},
      {"t", e.time_ms},           {"turn", e.turn},         {"action", e.action},
      {"amount", e.amount},       {"measured", e.measured}, {"tokens", {e.prompt, e.cached, e.completion}},
      {"estimated", e.estimated}, {"over_run", e.over_run}, {"outcome", e.outcome},
      {"status", e.status}};
}

Json to_object(const ServeClosed& e) { return {{"e", "close"}, {"t", e.time_ms}}; }

class EventReader {
 public:
  EventReader(const nlohmann::json& value, const std::string& place) : json_(value, place) {}

  JournalEvent read() const {
    const std::string kind = text("e");
    if (kind == "open") return opened();
    if (kind == "session") return SessionBegun{id("s"), text("id"), seed(), small("before")};
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
                       small("turns_max")};
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
                       amounts("reserved")};
  }

  JournalEvent settled() const {
    const CheckedJson tokens = json_.at("tokens");
    if (tokens.array_size(3) != 3) tokens.refuse("three numbers of tokens");
    const auto token = [&tokens](std::size_t i) { return tokens.at(i).integer(0, kIdMost); };
    return TurnSettled{id("d"),
                       id("s"),
                       number("t"),
                       small("turn"),
                       small("action"),
                       amounts("amount"),
                       amounts("measured"),
                       token(0),
                       token(1),
                       token(2),
                       json_.at("estimated").boolean(),
                       json_.at("over_run").boolean(),
                       text("outcome"),
                       small("status")};
  }

  CheckedJson json_;
};

}  // namespace

std::string to_json(const JournalEvent& event) {
  return std::visit([](const auto& e) { return to_object(e).dump(); }, event);
}

JournalEvent journal_event_from_json(std::string_view line, const std::string& place) {
  const nlohmann::json value = parse_checked(line, place);
  return EventReader(value, place).read();
}

}  // namespace offload
