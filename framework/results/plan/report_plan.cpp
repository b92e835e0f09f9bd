#include "results/plan/report_plan.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <sstream>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "files/checked_json.hpp"
#include "results/plan/listed_json.hpp"

namespace offload {
namespace {

using nlohmann::json;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double read_budget(const CheckedJson& value) { return value.value().is_null() ? kInfinity : value.number(0); }

void read_cells(const CheckedJson& value, ReportPlan& plan) {
  const std::size_t count = value.array_size(kListMax);
  if (count == 0) value.refuse("at least one cell");
  for (std::size_t i = 0; i < count; ++i) {
    const CheckedJson cell = value.at(i);
    plan.cells.push_back({cell.at("name").text(kLongTextMax), read_budget(cell.at("latency_s")),
                          read_budget(cell.at("cost_usd"))});
  }
}

RowLineage read_lineage(const CheckedJson& value) {
  RowLineage lineage{value.at("training").text(kLongTextMax), value.at("seen_tests").integer(0, kCountMax),
                     value.at("tests").integer(0, kCountMax)};
  const auto known = {"unseen", "seen", "other data", "unknown"};
  if (value.has("validation")) {
    lineage.seen_validation = value.at("seen_validation").integer(0, kCountMax);
    lineage.validation = value.at("validation").integer(0, kCountMax);
  }
  if (std::ranges::find(known, lineage.training) == known.end())
    value.at("training").refuse("\"unseen\", \"seen\", \"other data\" or \"unknown\"");
  return lineage;
}

json written(const RowLineage& lineage) {
  if (lineage.training == "none") return {};
  json value = {{"training", lineage.training}, {"seen_tests", lineage.seen_tests}, {"tests", lineage.tests}};
  if (lineage.validation == 0) return value;
  value["seen_validation"] = lineage.seen_validation;
  value["validation"] = lineage.validation;
  return value;
}

void read_rows(const CheckedJson& value, ReportPlan& plan) {
  const std::size_t count = value.array_size(kListMax);
  for (std::size_t i = 0; i < count; ++i) {
    const CheckedJson row = value.at(i);
    plan.rows.push_back(
        {row.at("name").text(kLongTextMax), row.at("plugin").text(kLongTextMax),
         row.at("summary").text(kLongTextMax), row.at("kind").text(kLongTextMax),
         row.has("lineage") ? read_lineage(row.at("lineage")) : RowLineage{},
         row.has("training_model") ? row.at("training_model").text(kTextMax) : std::string{}});
    // Results from before had none.
    if (row.has("candidates")) plan.rows.back().candidates = row.at("candidates").integer(0, kCountMax);
    if (row.has("isolation")) plan.rows.back().isolation = row.at("isolation").text(kTextMax);
    if (plan.rows.back().isolation != "none" && plan.rows.back().isolation != "process")
      row.at("isolation").refuse("\"none\" or \"process\"");
    if (plan.rows.back().kind != "rule" && plan.rows.back().kind != "learns") {
      row.at("kind").refuse("\"rule\" or \"learns\"");
    }
  }
}

std::vector<std::array<double, 2>> read_consumption(const CheckedJson& value) {
  std::vector<std::array<double, 2>> consumption;
  const std::size_t count = value.array_size(1025);
  if (count == 0) value.refuse("at least one action");
  for (std::size_t a = 0; a < count; ++a) {
    const auto pair = value.at(a).numbers(2, 0);
    consumption.push_back({pair[0], pair[1]});
  }
  return consumption;
}

void read_drifts(const CheckedJson& value, ReportPlan& plan) {
  const std::size_t count = value.array_size(kNamesMax);
  for (std::size_t d = 0; d < count; ++d) {
    const CheckedJson drift = value.at(d);
    plan.drifts.push_back({drift.at("name").text(kLongTextMax), drift.at("profile").text(kLongTextMax),
                           drift.at("sees").text(kTextMax), read_consumption(drift.at("consumption"))});
    if (drift.has("trained")) plan.drifts.back().trained = drift.at("trained").boolean();
    const ReportDrift& last = plan.drifts.back();
    if (last.sees != "trained" && last.sees != "new") drift.at("sees").refuse("\"trained\" or \"new\"");
    if (last.consumption.size() != plan.consumption.size())
      drift.at("consumption").refuse("as many actions as the suite's");
  }
}

json written(const std::vector<ReportDrift>& drifts) {
  json list = json::array();
  for (const ReportDrift& drift : drifts) {
    list.push_back({{"name", drift.name},
                    {"profile", drift.profile},
                    {"sees", drift.sees},
                    {"consumption", drift.consumption}});
    if (drift.trained) list.back()["trained"] = true;
  }
  return list;
}

// Names of one list have to tell its members apart.
void require_unique(const std::vector<std::string>& names, const CheckedJson& place) {
  if (std::set<std::string>(names.begin(), names.end()).size() != names.size())
    place.refuse("each name once");
}

template <typename T>
std::vector<std::string> names_of(const std::vector<T>& list) {
  std::vector<std::string> names;
  for (const T& entry : list) names.push_back(entry.name);
  return names;
}

void read_references(const CheckedJson& value, ReportPlan& plan) {
  const std::size_t count = value.array_size(kListMax);
  for (std::size_t i = 0; i < count; ++i) {
    plan.references.push_back(
        {value.at(i).at("split").text(kLongTextMax), value.at(i).at("key").text(kLongTextMax)});
  }
}

json written(const TaskClaim& task) {
  if (task.name.empty()) return {};
  return {{"name", task.name}, {"version", task.version}, {"altered", task.altered}};
}

TaskClaim read_task(const CheckedJson& value) {
  return {value.at("name").text(kLongTextMax), static_cast<int>(value.at("version").integer(1, 1'000'000)),
          value.at("altered").texts(kListMax, kLongTextMax)};
}

json written_cells(const ReportPlan& plan) {
  json cells = json::array();
  for (const ReportCell& cell : plan.cells) {
    cells.push_back({{"name", cell.name}, {"latency_s", cell.latency_s}, {"cost_usd", cell.cost_usd}});
  }
  return cells;
}

}  // namespace

std::string data_sentence(const ReportPlan& plan) {
  const std::string drawn = " drawn afresh for each of " + counted(plan.splits.size(), "run");
  return plan.data_source + (plan.fresh_data ? drawn : "") + ", " + counted(plan.data_episodes, "episode") +
         ", " + counted(plan.data_turns, "turn") + (plan.fresh_data ? " in all" : "");
}

std::string isolation_sentence(const ReportPlan& plan) {
  std::vector<std::string> isolated;
  for (const ReportRow& row : plan.rows) {
    if (row.isolation == "process") isolated.push_back(row.name);
  }
  if (isolated.empty()) return {};
  const std::string rows =
      isolated.size() == plan.rows.size() ? "all" : fmt::format("{}", fmt::join(isolated, ", "));
  return fmt::format("{}: in processes of their own, without data, results or network (SECURITY.md)", rows);
}

json json_without_trials(const ReportPlan& plan) {
  json rows = json::array();
  for (const ReportRow& row : plan.rows) {
    rows.push_back({{"name", row.name},
                    {"plugin", row.plugin},
                    {"summary", row.summary},
                    {"kind", row.kind},
                    {"lineage", written(row.lineage)},
                    {"isolation", row.isolation}});
    if (!row.training_model.empty()) rows.back()["training_model"] = row.training_model;
    if (row.candidates > 0) rows.back()["candidates"] = row.candidates;
  }
  json references = json::array();
  for (const PlannedReference& reference : plan.references) {
    references.push_back({{"split", reference.split}, {"key", reference.key}});
  }
  json value = {
      {"format", "offload-suite/1"},
      {"suite", plan.suite},
      {"description", plan.description},
      {"task", written(plan.task)},
      {"dataset",
       {{"source", plan.data_source},
        {"sha256", plan.data_sha256},
        {"episodes", plan.data_episodes},
        {"turns", plan.data_turns},
        {"fresh_per_run", plan.fresh_data}}},
      {"profile", plan.profile},
      {"cells", written_cells(plan)},
      {"tasks", plan.tasks},
      {"lenses", plan.lenses},
      {"models", plan.models},
      {"rows", std::move(rows)},
      {"splits", plan.splits},
      {"trainings", plan.trainings},
      {"turns_max", plan.turns_max},
      {"counted_turns", plan.counted_turns},
      {"max_violation_rate", plan.max_violation_rate},
      {"consumption", plan.consumption},
      {"world", plan.world ? written(*plan.world) : json()},
      {"seeds", plan.seeds},
      {"version", plan.version},
      {kTrialsMember, json::array()},
      {"references", std::move(references)},
      {"resolved", parse_checked(plan.resolved_suite, "the resolved suite")},
  };
  if (!plan.drifts.empty()) value["drifts"] = written(plan.drifts);
  if (!plan.log_policy.empty()) value["log"] = {{"policy", plan.log_policy}, {"model", plan.log_model}};
  if (!plan.suite_toml_sha256.empty()) value["suite_toml_sha256"] = plan.suite_toml_sha256;
  return value;
}

void write_json(const ReportPlan& plan, const PartSink& sink) {
  // Texts have no line breaks, which stand escaped in them: this is the member of the document itself.
  const std::string place = fmt::format("\n \"{}\": ", kTrialsMember), empty = "[]";
  const std::string text = json_without_trials(plan).dump(1, ' ', false, json::error_handler_t::replace);
  const std::size_t begin = text.find(place + empty) + place.size();
  sink(std::string_view(text).substr(0, begin));
  write_trials(plan.trials, sink);
  sink(std::string_view(text).substr(begin + empty.size()));
  sink("\n");
}

std::string to_json(const ReportPlan& plan) {
  std::string text;
  write_json(plan, [&text](std::string_view part) { text += part; });
  return text;
}

ReportPlan report_plan_from_json(std::istream& in, const std::string& file_name) {
  const ListedJson document(in, file_name, kTrialsMember);
  const CheckedJson root(document.rest(), file_name);
  if (root.at("format").text(kLongTextMax) != "offload-suite/1")
    root.at("format").refuse("\"offload-suite/1\"");
  ReportPlan plan;
  plan.suite = root.at("suite").text(kLongTextMax);
  plan.description = root.at("description").text(kLongTextMax);
  if (root.has("task")) plan.task = read_task(root.at("task"));
  const CheckedJson data = root.at("dataset");
  plan.data_source = data.at("source").text(kLongTextMax);
  plan.data_sha256 = data.at("sha256").text(kLongTextMax);
  plan.data_episodes = data.at("episodes").integer(0, kCountMax);
  plan.data_turns = data.at("turns").integer(0, kCountMax);
  if (data.has("fresh_per_run")) plan.fresh_data = data.at("fresh_per_run").boolean();
  plan.profile = root.at("profile").text(kLongTextMax);
  read_cells(root.at("cells"), plan);
  require_unique(names_of(plan.cells), root.at("cells"));
  plan.tasks = root.at("tasks").texts(kListMax, kLongTextMax);
  plan.lenses = root.at("lenses").texts(kListMax, kLongTextMax);
  plan.models = root.at("models").texts(kListMax, kLongTextMax);
  if (plan.lenses.empty()) root.at("lenses").refuse("at least one lens");
  if (plan.models.empty()) root.at("models").refuse("at least one response model");
  read_rows(root.at("rows"), plan);
  require_unique(names_of(plan.rows), root.at("rows"));
  plan.splits = root.at("splits").texts(kListMax, kLongTextMax);
  require_unique(plan.splits, root.at("splits"));
  if (root.has("trainings")) plan.trainings = static_cast<int>(root.at("trainings").integer(1, kListMax));
  if (plan.splits.size() % static_cast<std::size_t>(plan.trainings) != 0) {
    root.at("trainings").refuse("a divisor of the number of splits");
  }
  plan.turns_max = static_cast<int>(root.at("turns_max").integer(1, 65535));
  plan.counted_turns = static_cast<int>(root.at("counted_turns").integer(1, plan.turns_max));
  plan.max_violation_rate = root.at("max_violation_rate").number(0);
  plan.consumption = read_consumption(root.at("consumption"));
  if (root.has("drifts")) {
    read_drifts(root.at("drifts"), plan);
    require_unique(names_of(plan.drifts), root.at("drifts"));
  }
  if (root.has("log")) {
    plan.log_policy = root.at("log").at("policy").text(kTextMax);
    plan.log_model = root.at("log").at("model").text(kTextMax);
  }
  // Plans from before had none.
  if (root.has("world")) plan.world = read_world(root.at("world"));
  if (plan.world && plan.world->arms.size() != plan.consumption.size())
    root.at("world").at("arms").refuse("as many arms as consumption has actions");
  const CheckedJson seeds = root.at("seeds");
  const std::size_t seed_count = seeds.array_size(kListMax);
  for (std::size_t i = 0; i < seed_count; ++i) {
    plan.seeds.push_back(seeds.at(i).integer());
  }
  plan.version = root.at("version").text(kLongTextMax);
  if (!document.is_list()) root.at(kTrialsMember).array_size(kListMax);
  plan.trials = read_trials(document, file_name, names_of(plan.rows), plan.splits);
  read_references(root.at("references"), plan);
  plan.resolved_suite = dump_compact(root.at("resolved").value());
  if (root.has("suite_toml_sha256")) plan.suite_toml_sha256 = root.at("suite_toml_sha256").text(kLongTextMax);
  return plan;
}

ReportPlan report_plan_from_json(const std::string& text, const std::string& file_name) {
  std::istringstream in(text);
  return report_plan_from_json(in, file_name);
}

}  // namespace offload
