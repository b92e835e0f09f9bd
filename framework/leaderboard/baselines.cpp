#include "leaderboard/baselines.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "files/checked_json.hpp"
#include "files/sha256.hpp"
#include "leaderboard/rerun.hpp"
#include "report/report.hpp"
#include "results/result_reading.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;
using TableJson = nlohmann::ordered_json;

constexpr std::size_t kRowsMost = 1000;
// Of intervals, which a mathematical library has a part in; what was decided stands in the hash.
constexpr double kDigits = 1e-9;

struct RowOutcomes {
  std::map<std::string, std::string> digest;  // by split
  bool portable = true;                       // in every run
};

std::map<std::string, RowOutcomes> outcomes_by_row(const fs::path& results) {
  std::map<std::string, RowOutcomes> rows;
  const auto take = [&](TrialResult trial) {
    RowOutcomes& row = rows[trial.row];
    const auto bits = trial.host.find("bits");
    row.portable = row.portable && bits != trial.host.end() && bits->second == kPortableBits;
    const std::string split = trial.split;
    row.digest[split] = outcome_digest(std::move(trial));
  };
  visit_results({results}, {take, [](const ReferenceResult&) {}});
  return rows;
}

// Over all runs of a row, in the order of their names.
std::string digest_of_row(const RowOutcomes& row) {
  std::string text;
  for (const auto& [split, digest] : row.digest) text += split + " " + digest + "\n";
  return sha256_of(text);
}

const Task& task_of(const Report& report, const fs::path& results) {
  const TaskClaim& claim = report.plan.task;
  if (claim.name.empty() || !claim.altered.empty())
    fail(ErrorKind::config, "{}: no official task as it is frozen", printable(results.native()));
  if (report.finished() != report.plan.trials.size() || !report.clean())
    fail(ErrorKind::config, "{}: {} of {} finished; run the rest first", printable(results.native()),
         report.finished(), counted(report.plan.trials.size(), "trial"));
  return *std::ranges::find(official_tasks(), claim.name, &Task::name);
}

TableJson row_json(const RowFigures& row, const LeaderboardEntry& entry, const RowOutcomes& outcomes) {
  return {{"row", row.row.name},
          {"plugin", row.row.plugin},
          {"plugin_version", row.plugin_version},
          {"runs", outcomes.digest.size()},
          {"outcomes_sha256", outcomes.portable ? TableJson(digest_of_row(outcomes)) : TableJson()},
          {"tier", entry.tier},
          {"rank", entry.rank},
          {"reward", entry.reward},
          {"reward_interval", {entry.interval.low, entry.interval.high}},
          {"quality", entry.quality},
          {"latency_s", entry.per_episode[0]},
          {"cost_usd", entry.per_episode[1]},
          {"joint_violation_rate", entry.joint.rate},
          {"joint_violation_interval", {entry.joint.interval.low, entry.joint.interval.high}}};
}

bool between(double value, const CheckedJson& interval) {
  const std::vector<double> ends = interval.numbers_or_nan(2);
  return value >= ends[0] && value <= ends[1];
}

// One row of the table against the same row here.
void check_row(const CheckedJson& stored, const TableJson& here, BaselinesCheck& check) {
  const std::string row = stored.at("row").text(kTextMax);
  const std::string file = "row " + printable(row);
  const bool portable = !stored.at("outcomes_sha256").value().is_null();
  if (portable) {
    const std::size_t before = check.wrong.size();
    nlohmann::json mine = nlohmann::json::parse(here.dump()), theirs = stored.value();
    // Ranks depend on the rows that are not portable as well.
    for (nlohmann::json* one : {&mine, &theirs}) one->erase("rank");
    find_differences(theirs, mine, kDigits, file, check.wrong.size() + 5, check.wrong);
    if (check.wrong.size() == before) check.same_bits.push_back(row);
    return;
  }
  const double reward = here.at("reward").get<double>(), rate = here.at("joint_violation_rate").get<double>();
  if (!between(reward, stored.at("reward_interval")))
    check.wrong.push_back(
        {file, "/reward", stored.at("reward_interval").value().dump(), fmt::format("{}", reward)});
  else if (!between(rate, stored.at("joint_violation_interval")))
    check.wrong.push_back({file, "/joint_violation_rate",
                           stored.at("joint_violation_interval").value().dump(), fmt::format("{}", rate)});
  else
    check.within.push_back(row);
}

}  // namespace

std::string baselines_table(const fs::path& results) {
  const Report report = report_of(std::vector<fs::path>{results});
  const Task& task = task_of(report, results);
  const auto outcomes = outcomes_by_row(results);
  TableJson rows = TableJson::array();
  for (const LeaderboardEntry& entry : report.boards.front().entries) {
    const RowFigures& row = report.rows[entry.row];
    rows.push_back(row_json(row, entry, outcomes.at(row.row.name)));
  }
  const TableJson table = {{"format", kBaselinesFormat},
                           {"task", task.name},
                           {"task_sha256", task.sha256},
                           {"version", report.plan.version},
                           {"view", report.boards.front().view.name()},
                           {"rows", rows}};
  return table.dump(1) + "\n";
}

BaselinesCheck check_baselines(const std::string& text, const std::string& file_name,
                               const fs::path& results) {
  const nlohmann::json document = parse_checked(text, file_name);
  const CheckedJson root(document, file_name);
  if (root.at("format").text(kTextMax) != kBaselinesFormat) root.at("format").refuse(kBaselinesFormat);
  const TableJson here = TableJson::parse(baselines_table(results));
  for (const char* name : {"task", "task_sha256", "view"}) {
    const std::string stored = root.at(name).text(kTextMax), found = here.at(name).get<std::string>();
    if (stored != found)
      fail(ErrorKind::config, "{}: /{}: \"{}\", and the results are of \"{}\"", file_name, name,
           printable(stored), found);
  }
  BaselinesCheck check;
  const CheckedJson rows = root.at("rows");
  std::set<std::string> known;
  for (std::size_t i = 0; i < rows.array_size(kRowsMost); ++i) {
    const CheckedJson row = rows.at(i);
    const std::string name = row.at("row").text(kTextMax);
    known.insert(name);
    const auto mine =
        std::ranges::find_if(here.at("rows"), [&](const TableJson& one) { return one.at("row") == name; });
    if (mine == here.at("rows").end())
      check.wrong.push_back({"row " + printable(name), "", "there", "not in these results"});
    else
      check_row(row, *mine, check);
  }
  for (const TableJson& row : here.at("rows")) {
    const auto name = row.at("row").get<std::string>();
    if (!known.contains(name))
      check.wrong.push_back({"row " + printable(name), "", "not in the table", "there"});
  }
  return check;
}

}  // namespace offload
