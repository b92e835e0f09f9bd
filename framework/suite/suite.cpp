#include "suite/suite.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "core/logs/log_models.hpp"
#include "core/logs/outcome_log.hpp"
#include "core/simulation/rollout.hpp"
#include "core/utf8.hpp"
#include "files/suggestion.hpp"
#include "suite/suite_tables.hpp"

namespace offload {
namespace {

std::vector<std::string> known_models() {
  std::vector<std::string> names = response_models();
  names.emplace_back(kExactModel);
  return names;
}

void read_log(TomlTable& evaluation, Suite& suite) {
  const auto& lenses = suite.evaluation.lenses;
  if (std::ranges::count(lenses, kSimulatedLogLens) == 0) {
    if (evaluation.has("log"))
      evaluation.refuse("log", "log: of the lens simulated_log, which lenses do not name; name it there");
    return;
  }
  LogSettings& log = suite.evaluation.log.emplace();
  TomlTable settings = evaluation.table("log");
  log.policy = settings.choice("policy", log.policy, logging_policies());
  settings.finish();
}

// What the readers of plans and results take.
constexpr std::size_t kDescriptionMax = 1 << 16, kCellsMax = 10'000;
constexpr double kNoLimit = std::numeric_limits<double>::infinity();

void read_quirks(TomlTable table, Compat& compat) {
  compat.logged_next_state = table.boolean("logged_next_state", compat.logged_next_state);
  compat.evaluation_model_on_test =
      table.boolean("evaluation_model_on_test", compat.evaluation_model_on_test);
  compat.raw_evaluation_association =
      table.boolean("raw_evaluation_association", compat.raw_evaluation_association);
  compat.evaluation_with_replacement =
      table.boolean("evaluation_with_replacement", compat.evaluation_with_replacement);
  compat.zero_reward_over_budget = table.boolean("zero_reward_over_budget", compat.zero_reward_over_budget);
  compat.totals_within_window = table.boolean("totals_within_window", compat.totals_within_window);
  const std::vector<std::string> kinds = {"offload", "conference", "journal"};
  const std::string& now = kinds[static_cast<std::size_t>(compat.observation)];
  const std::string kind = table.choice("observation", now, kinds);
  compat.observation =
      static_cast<ObservationKind>(std::find(kinds.begin(), kinds.end(), kind) - kinds.begin());
  table.finish();
}

void read_environment(TomlTable table, Suite& suite) {
  suite.scenario_place = table.place();
  note_given(table, "environment", {"refusal", "response_model", "lenses", "compat", "quirks", "unknown"},
             suite);
  suite.scenario.window = static_cast<int>(table.integer("window", 5, 1, 64));
  suite.scenario.turns_max = static_cast<int>(table.integer("t_max", 0, 0, kTurnsMax));
  if (!table.is_boolean("refusal")) {
    suite.refusal.phrases = table.texts("refusal", suite.refusal.phrases);
    if (std::ranges::count(suite.refusal.phrases, "") > 0) {
      table.refuse("refusal",
                   "refusal: an empty text is in every answer; refusal = false turns the rule off");
    }
  } else if (!table.boolean("refusal", true)) {
    suite.refusal.phrases.clear();
  }
  suite.response_model = table.choice("response_model", "knn", training_models());
  suite.evaluation.models = {suite.response_model};
  suite.evaluation.lenses = table.texts("lenses", suite.evaluation.lenses);
  suite.compat_name = table.choice("compat", "none", {"none", "tmo-journal", "tmo-conference"});
  suite.scenario.compat = compat_preset(suite.compat_name);
  read_quirks(table.table("quirks"), suite.scenario.compat);
  suite.scenario.world.mask_unknown = table.choice("unknown", "refuse", {"refuse", "mask"}) == "mask";
  table.finish();
}

// `calls`: the second budget is a number of calls.
Amounts read_limits(TomlTable& table, bool calls) {
  const char *of = calls ? "calls" : "cost_usd", *other = calls ? "cost_usd" : "calls";
  if (table.has(other)) {
    table.refuse(other, calls ? "cost_usd: by [budgets] calls_of the budgets count calls; give calls"
                              : "calls: of which arm? give [budgets] calls_of = \"ARM\"");
  }
  return {to_amount(table.number("latency_s", kNoLimit, 0, 1e6), 0, "latency_s"),
          to_amount(table.number(of, kNoLimit, 0, 1e4), 1, of)};
}

void read_budgets(TomlTable table, Suite& suite) {
  std::set<std::string> names;
  note_given(table, "budgets", {"calls_of"}, suite);
  suite.scenario.world.calls_of = table.text("calls_of", "");
  for (TomlTable& item : table.tables("cells")) {
    CellSettings cell;
    cell.place = item.place();
    cell.cell.name = item.required_text("name");
    check_name(item, cell.cell.name, names);
    cell.cell.limit = read_limits(item, !suite.scenario.world.calls_of.empty());
    item.finish();
    suite.cells.push_back(std::move(cell));
  }
  for (const double rho : table.numbers("rho", 0, 100)) {
    CellSettings cell;
    cell.cell.name = fmt::format("rho-{:g}", rho);
    cell.rho = rho;
    cell.place = table.place("rho");
    if (!names.insert(cell.cell.name).second) table.refuse("rho", fmt::format("rho: {} is there twice", rho));
    suite.cells.push_back(std::move(cell));
  }
  if (suite.cells.size() > kCellsMax) {
    fail(ErrorKind::config, "{}: {}; at most {}", table.place(), counted(suite.cells.size(), "budget cell"),
         kCellsMax);
  }
  if (suite.cells.empty()) {
    suite.cells.emplace_back();
    suite.cells.back().cell.name = "none";
    suite.cells.back().place = table.place();
  }
  table.finish();
}

void read_evaluation(TomlTable table, Suite& suite) {
  EvaluationSettings& evaluation = suite.evaluation;
  note_given(table, "evaluation", {"lenses", "models", "max_violation_rate", "margin", "drift"}, suite);
  evaluation.lenses = table.texts("lenses", evaluation.lenses);
  evaluation.models = table.texts("models", evaluation.models);
  const auto check = [&table](const char* key, const std::vector<std::string>& values,
                              const std::vector<std::string>& known) {
    std::set<std::string> seen;
    if (values.empty()) table.refuse(key, fmt::format("{}: expected at least one", key));
    for (const std::string& value : values) {
      if (std::find(known.begin(), known.end(), value) == known.end()) {
        table.refuse(key, fmt::format("{}: unknown '{}'; known: {}{}", key, printable(value),
                                      fmt::join(known, ", "), suggestion(value, known)));
      }
      if (!seen.insert(value).second) table.refuse(key, fmt::format("{}: '{}' is there twice", key, value));
    }
  };
  check("lenses", evaluation.lenses, {"simulator", "held_out", kTableLens, kSimulatedLogLens});
  check("models", evaluation.models, known_models());
  evaluation.max_violation_rate = table.number("max_violation_rate", 0, 0, 1);
  evaluation.oracle_nodes = table.integer("oracle_nodes", evaluation.oracle_nodes, 0, kMillion * kMillion);
  if (table.has("margin")) {
    MarginSettings& margin = evaluation.margin.emplace();
    TomlTable settings = table.table("margin");
    margin.share = settings.number("share", margin.share, .001, .999);
    margin.calibration = settings.number("calibration", margin.calibration, .001, .999);
    settings.finish();
  }
  read_log(table, suite);
  evaluation.drifts = read_drifts(table, suite);
  table.finish();
}

}  // namespace

std::vector<std::string> training_models() {
  std::vector<std::string> names = known_models();
  names.emplace_back(kWordsModel);
  return names;
}

void note_given(const TomlTable& table, const std::string& name, const std::vector<const char*>& keys,
                Suite& suite) {
  for (const char* key : keys) {
    if (table.has(key)) suite.given[name + "." + key] = table.place(key);
  }
}

std::filesystem::path SuiteSource::input(const TomlTable& table, std::string_view key,
                                         const std::string& name) const {
  const auto file_named = (base / name).lexically_normal();
  const auto [begin, end] = table.span(key);
  suite.inputs.push_back({begin, end, file_named});
  return file_named;
}

void check_name(const TomlTable& table, const std::string& name) {
  constexpr std::size_t kLongest = 100;
  if (name.empty() || name.size() > kLongest) table.refuse("name", "a name has 1 to 100 bytes");
  check_shown(table, "name", name);
}

void check_shown(const TomlTable& table, std::string_view key, const std::string& name) {
  if (!acts(name)) return;
  table.refuse(key, fmt::format("'{}' has a character that acts instead of showing, as a line break does; "
                                "names stand in tables and terminals: leave it out",
                                printable(name)));
}

void check_name(const TomlTable& table, const std::string& name, std::set<std::string>& taken) {
  check_name(table, name);
  if (!taken.insert(name).second) {
    table.refuse("name",
                 fmt::format("{} '{}' is there twice; give it another name", table.path(), printable(name)));
  }
}

namespace {

// Below a header, within {...}, or, where the table is not there or made of dotted keys, as one of those on
// top.
SuiteName place_of_name(const TomlTable& root, const std::string& text) {
  const std::size_t begin = root.span("suite").first;
  if (root.has("suite") && text[begin] == '[') {
    const std::size_t end = text.find('\n', begin);
    return {end == std::string::npos ? text.size() : end, "\nname = ", ""};
  }
  if (root.has("suite") && text[begin] == '{') {
    const bool empty = text.find_first_not_of(" \t", begin + 1) == text.find('}', begin);
    return {begin + 1, "name = ", empty ? "" : ", "};
  }
  return {0, "suite.name = ", "\n"};
}

}  // namespace

Suite parse_suite(const std::string& text, const std::string& file, const std::filesystem::path& base) {
  return parse_suite(EditedToml(text, file), file, base);
}

Suite parse_suite(const EditedToml& edited, const std::string& file, const std::filesystem::path& base) {
  Suite suite;
  suite.file = file;
  const std::string& text = suite.text = edited.text();
  const toml::table document = parse_toml(text, file);
  TomlTable root(document, suite.file, "", suite.text, &edited);
  const SuiteSource source{suite.file, base, suite};
  TomlTable head = root.table("suite");
  suite.name = head.text("name", std::filesystem::path(file).stem().string());
  if (!head.has("name")) suite.unnamed = place_of_name(root, text);
  check_name(head, suite.name);
  suite.description = head.text("description", "");
  if (suite.description.size() > kDescriptionMax) {
    head.refuse("description", fmt::format("description: at most {} bytes", kDescriptionMax));
  }
  suite.seed =
      static_cast<std::uint64_t>(head.integer("seed", 0, 0, std::numeric_limits<std::int64_t>::max()));
  head.finish();
  if (!root.has("data")) fail(ErrorKind::config, "{}: no [data] table; it needs source = \"...\"", file);
  read_data(root.table("data"), source, suite);
  read_environment(root.table("environment"), suite);
  read_profile(root.table("profile"), suite);
  const std::string interpreter = read_python(root.table("python"), source);
  read_reward(root.table("reward"), interpreter, source, suite);
  read_budgets(root.table("budgets"), suite);
  TomlTable training_table = root.table("training");
  suite.training_place = training_table.place("runs");
  suite.training_runs = static_cast<int>(training_table.integer("runs", 1, 1, 1000));
  if (suite.training_runs > 1 && suite.scenario.compat.evaluation_with_replacement) {
    training_table.refuse(
        "runs",
        "runs: the quirk evaluation_with_replacement draws other tests for each; leave one of the two out");
  }
  TrainingSettings training;
  training.model = suite.response_model;
  training = read_training(std::move(training_table), training);
  suite.rows = read_rows(root, training, interpreter, source);
  read_sweeps(root, suite);
  read_evaluation(root.table("evaluation"), suite);
  root.finish();
  std::ranges::sort(suite.inputs, {}, &SuiteInput::begin);
  return suite;
}

Suite read_suite(const std::filesystem::path& file, const std::string& dataset) {
  return read_suite(file, SuiteChanges{dataset, {}});
}

Suite read_suite(const std::filesystem::path& file, const SuiteChanges& changes) {
  constexpr std::uintmax_t kLargest = 16U << 20U;
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error)
    fail(ErrorKind::io, "{}: cannot read the suite: {}; name its TOML file", file.string(), error.message());
  if (size > kLargest)
    fail(ErrorKind::config, "{}: {} is too large for a suite", file.string(), counted(size, "byte"));
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) fail(ErrorKind::io, "{}: cannot read the suite", file.string());
  EditedToml edited(text.str(), file.string());
  edited.set(changes.set);
  Suite suite = parse_suite(edited, file.string(), file.parent_path());
  suite.edited = !changes.set.empty();
  const std::string& dataset = changes.dataset;
  if (!dataset.empty()) {
    if (!suite.data.seeds.empty() && !is_generated(dataset)) {
      fail(ErrorKind::config,
           "--dataset {}: is one data set, and by [data] seeds every run of {} draws its own; leave one of "
           "the "
           "two out",
           printable(dataset), suite.file);
    }
    suite.data.source = dataset;
    suite.data.place = "--dataset";
  }
  return suite;
}

}  // namespace offload
