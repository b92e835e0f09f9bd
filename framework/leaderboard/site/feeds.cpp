#include "leaderboard/site/feeds.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "report/text/text.hpp"

namespace offload {
namespace {

using FeedJson = nlohmann::ordered_json;

std::string written(const FeedJson& document) {
  return document.dump(1, ' ', false, FeedJson::error_handler_t::replace) + "\n";
}

FeedJson pair_json(const Interval& interval) { return FeedJson::array({interval.low, interval.high}); }

FeedJson line_json(const StandingLine& line) {
  FeedJson cells = FeedJson::array();
  for (const StandingCell& cell : line.cells) {
    cells.push_back({{"cell", cell.cell},
                     {"reward", cell.reward},
                     {"interval", pair_json(cell.interval)},
                     {"quality", cell.quality},
                     {"latency_s", cell.latency_s},
                     {"cost_usd", cell.cost_usd},
                     {"joint_violation_rate", cell.violations}});
  }
  FeedJson json = {{"entry", line.entry},
                   {"entrant", line.entrant},
                   {"row", line.row},
                   {"plugin", line.plugin},
                   {"plugin_version", line.plugin_version},
                   {"date", line.date},
                   {"mark", to_string(line.mark)},
                   {"tier", line.tier > 0 ? FeedJson(line.tier) : FeedJson()},
                   {"rank", line.rank > 0 ? FeedJson(line.rank) : FeedJson()},
                   {"score", line.score ? FeedJson(*line.score) : FeedJson()},
                   {"reward", line.reward},
                   {"interval", pair_json(line.interval)},
                   {"quality", line.quality},
                   {"latency_s", line.latency_s},
                   {"cost_usd", line.cost_usd},
                   {"joint_violation_rate", line.violations},
                   {"violation_interval", pair_json(line.violation_interval)},
                   {"pareto", line.pareto},
                   {"tests", line.tests},
                   {"tuned_among", line.candidates},
                   {"flags", line.flags}};
  if (!cells.empty()) json["cells"] = std::move(cells);
  return json;
}

FeedJson list_json(const std::vector<StandingLine>& lines) {
  FeedJson list = FeedJson::array();
  for (const StandingLine& line : lines) list.push_back(line_json(line));
  return list;
}

FeedJson entry_json(const Entry& entry) {
  FeedJson json = {{"entry", entry.id},        {"task", entry.task},
                   {"entrant", entry.entrant}, {"date", entry.date},
                   {"version", entry.version}, {"mark", to_string(entry.mark)},
                   {"why", entry.why},         {"bundle_sha256", entry.bundle},
                   {"note", entry.note},       {"withdrawn", FeedJson()}};
  if (entry.withdrawn)
    json["withdrawn"] = {{"date", entry.withdrawn->date}, {"reason", entry.withdrawn->reason}};
  return json;
}

std::string joined_csv(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) line += (line.empty() ? "" : ",") + text::csv(field);
  return line + "\n";
}

std::string whole(std::int64_t value) { return value > 0 ? std::to_string(value) : ""; }

void append_lines(std::string& out, const char* board, const std::vector<StandingLine>& lines) {
  using text::exact;
  for (const StandingLine& line : lines) {
    out += joined_csv({board,
                       whole(line.tier),
                       whole(line.rank),
                       std::to_string(line.entry),
                       line.entrant,
                       line.row,
                       line.plugin,
                       line.plugin_version,
                       line.date,
                       to_string(line.mark),
                       line.score ? exact(*line.score) : "",
                       exact(line.reward),
                       exact(line.interval.low),
                       exact(line.interval.high),
                       exact(line.quality),
                       exact(line.latency_s),
                       exact(line.cost_usd),
                       exact(line.violations),
                       exact(line.violation_interval.low),
                       exact(line.violation_interval.high),
                       line.pareto ? "1" : "0",
                       std::to_string(line.tests),
                       std::to_string(line.candidates),
                       std::to_string(line.flags.size())});
  }
}

}  // namespace

std::string standing_json(const TaskStanding& standing, const std::string& date) {
  const BoardTask& task = standing.task;
  FeedJson hidden = FeedJson();
  if (!task.commitment.empty()) {
    hidden = {
        {"commitment", task.commitment}, {"entries_per_entrant", task.per_entrant}, {"opened", FeedJson()}};
    if (!task.opened.empty())
      hidden["opened"] = {
          {"date", task.opened}, {"secret", task.secret}, {"data_sha256", standing.hidden_data_sha256}};
  }
  FeedJson entries = FeedJson::array();
  for (const std::vector<Entry>* list : {&standing.unmarked, &standing.withdrawn}) {
    for (const Entry& entry : *list) entries.push_back(entry_json(entry));
  }
  return written({{"format", kLeaderboardFormat},
                  {"date", date},
                  {"task", task.name},
                  {"description", standing.description},
                  {"data", standing.data},
                  {"runs", standing.runs},
                  {"tests", standing.tests},
                  {"claim", standing.claim},
                  {"verdict", standing.verdict},
                  {"tuning", standing.tuning},
                  {"hidden", hidden},
                  {"ranked", list_json(standing.ranked)},
                  {"hidden_ranked", list_json(standing.hidden)},
                  {"replayed", list_json(standing.replayed)},
                  {"not_ranked", entries}});
}

std::string standing_csv(const TaskStanding& standing) {
  std::string out = joined_csv({"board",
                                "tier",
                                "rank",
                                "entry",
                                "entrant",
                                "row",
                                "plugin",
                                "plugin_version",
                                "date",
                                "mark",
                                "score",
                                "reward",
                                "reward_low",
                                "reward_high",
                                "quality",
                                "latency_s",
                                "cost_usd",
                                "joint_violation_rate",
                                "joint_violation_low",
                                "joint_violation_high",
                                "pareto",
                                "tests",
                                "tuned_among",
                                "flags"});
  append_lines(out, "ranked", standing.ranked);
  append_lines(out, "hidden", standing.hidden);
  append_lines(out, "replayed", standing.replayed);
  return out;
}

std::string entries_json(const std::vector<Entry>& entries, const std::string& date) {
  FeedJson list = FeedJson::array();
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) list.push_back(entry_json(*entry));
  return written({{"format", kLeaderboardFormat}, {"date", date}, {"entries", list}});
}

std::string entries_csv(const std::vector<Entry>& entries) {
  std::string out = joined_csv(
      {"entry", "task", "entrant", "date", "version", "mark", "why", "bundle_sha256", "withdrawn", "reason"});
  for (auto at = entries.rbegin(); at != entries.rend(); ++at) {
    const Entry& entry = *at;
    out += joined_csv({std::to_string(entry.id), entry.task, entry.entrant, entry.date, entry.version,
                       to_string(entry.mark), entry.why, entry.bundle,
                       entry.withdrawn ? entry.withdrawn->date : "",
                       entry.withdrawn ? entry.withdrawn->reason : ""});
  }
  return out;
}

}  // namespace offload
