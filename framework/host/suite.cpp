#include "host/suite.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "core/error.hpp"
#include "host/fold_file.hpp"
#include "host/sha256.hpp"
#include "host/synthetic.hpp"
#include "host/toml_reader.hpp"

namespace offload {
namespace {

constexpr std::int64_t kMillion = 1000000;
constexpr double kNoLimit = std::numeric_limits<double>::infinity();

struct Source {
  const std::string& file;
  const std::filesystem::path& base;
  Suite& suite;

  // The file that a key's text names, taken down as an input of the suite.
  std::filesystem::path input(const TomlTable& table, std::string_view key, const std::string& name) const {
    const auto file_named = (base / name).lexically_normal();
    const auto [begin, end] = table.span(key, suite.text);
    suite.inputs.push_back({begin, end, file_named});
    return file_named;
  }
};

// A plugin named by its library, as PluginSearch has it, and not by its id.
bool names_file(const std::string& plugin) {
  return plugin.find('/') != std::string::npos || plugin.ends_with(".so");
}

constexpr std::size_t kLongestName = 100;
constexpr const char* kNameLength = "a name has 1 to 100 bytes";

void check_name(const TomlTable& table, const std::string& name, std::set<std::string>& taken) {
  if (name.empty() || name.size() > kLongestName) table.refuse("name", kNameLength);
  if (!taken.insert(name).second) {
    table.refuse("name",
                 fmt::format("{} '{}' is there twice; give it another name", table.path(), printable(name)));
  }
}

SplitSettings read_split(TomlTable table, const TomlTable& parent, const Source& source) {
  SplitSettings split;
  split.place = parent.place("split");
  if (table.has("seeds")) split.seeds = table.integers("seeds");
  if (split.seeds.empty()) table.refuse("seeds", "seeds: expected at least one seed");
  std::set<std::int64_t> seen;
  for (const std::int64_t seed : split.seeds) {
    if (!seen.insert(seed).second) table.refuse("seeds", fmt::format("seeds: {} is there twice", seed));
  }
  if (table.has("folds") && table.is_text("folds")) {
    split.kind = SplitSettings::Kind::file;
    split.fold_tests = read_fold_file(source.input(table, "folds", table.text("folds", "")));
  } else if (table.has("folds")) {
    split.kind = SplitSettings::Kind::folds;
    split.folds = static_cast<int>(table.integer("folds", 5, 2, 1000));
    split.repeats = static_cast<int>(table.integer("repeats", 1, 1, 1000));
  } else if (table.has("test_ids")) {
    split.kind = SplitSettings::Kind::ids;
    split.train_ids = table.integers("train_ids");
    split.test_ids = table.integers("test_ids");
  } else {
    split.test_ratio = table.number("test_ratio", split.test_ratio, 0, 1);
  }
  table.finish();
  return split;
}

void read_data(TomlTable table, const Source& source, Suite& suite) {
  suite.data.source = table.required_text("source");
  try {
    if (!parse_synthetic_source(suite.data.source, 0))
      suite.data.source = (source.base / suite.data.source).lexically_normal().string();
  } catch (const Error& error) {
    table.refuse("source", error.what());
  }
  suite.data.seed =
      static_cast<std::uint64_t>(table.integer("seed", 0, 0, std::numeric_limits<std::int64_t>::max()));
  suite.data.split = read_split(table.table("split"), table, source);
  table.finish();
}

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
  suite.response_model = table.choice("response_model", "knn", {"knn", "table", "true_mean"});
  suite.evaluation.models = {suite.response_model};
  suite.evaluation.lenses = table.texts("lenses", suite.evaluation.lenses);
  suite.compat_name = table.choice("compat", "none", {"none", "tmo-journal", "tmo-conference"});
  suite.scenario.compat = compat_preset(suite.compat_name);
  read_quirks(table.table("quirks"), suite.scenario.compat);
  table.finish();
}

template <typename Map>
std::vector<std::string> known_names(const Map& own, const Map& builtin) {
  std::vector<std::string> names;
  names.reserve(builtin.size() + own.size());
  for (const auto& [name, value] : builtin) names.push_back(name);
  for (const auto& [name, value] : own) names.push_back(name);
  return names;
}

void read_profile(TomlTable table, Suite& suite) {
  ProfileSettings& profile = suite.scenario.profile;
  suite.profile_place = table.place();
  TomlTable devices = table.table("devices");
  for (const std::string& name : devices.keys()) {
    TomlTable device = devices.table(name);
    profile.devices[name] = {device.number("gflops", 0, 1e-3, 1e12), device.number("watts", 0, 0, 1e6)};
    device.finish();
  }
  TomlTable networks = table.table("networks");
  for (const std::string& name : networks.keys()) {
    TomlTable network = networks.table(name);
    profile.networks[name] = {network.numbers("latency_s", 0, 1e6)};
    network.finish();
  }
  profile.cloud_cost_usd = table.numbers("cloud_cost_usd", 0, 1e4);
  profile.device = table.choice("device", profile.device, known_names(profile.devices, builtin_devices()));
  profile.network =
      table.choice("network", profile.network, known_names(profile.networks, builtin_networks()));
  profile.kind = table.choice("kind", profile.kind, {"paper", "measured", "corrected"});
  table.finish();
}

Amounts read_limits(TomlTable& table) {
  return {to_amount(table.number("latency_s", kNoLimit, 0, 1e6), 0, "latency_s"),
          to_amount(table.number("cost_usd", kNoLimit, 0, 1e4), 1, "cost_usd")};
}

void read_budgets(TomlTable table, Suite& suite) {
  std::set<std::string> names;
  for (TomlTable& item : table.tables("cells")) {
    CellSettings cell;
    cell.place = item.place();
    cell.cell.name = item.required_text("name");
    check_name(item, cell.cell.name, names);
    cell.cell.limit = read_limits(item);
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
  if (suite.cells.empty()) {
    suite.cells.emplace_back();
    suite.cells.back().cell.name = "none";
    suite.cells.back().place = table.place();
  }
  table.finish();
}

TrainingBudgets read_training_budgets(TomlTable& parent, TrainingBudgets budgets) {
  using Kind = TrainingBudgets::Kind;
  if (!parent.has("budgets")) return budgets;
  if (parent.is_text("budgets")) {
    const bool per_cell = parent.choice("budgets", "none", {"none", "per_cell"}) == "per_cell";
    return {per_cell ? Kind::per_cell : Kind::none, {kUnlimited, kUnlimited}, .05, 1.2};
  }
  TomlTable table = parent.table("budgets");
  budgets = {};
  if (table.has("fixed")) {
    budgets.kind = Kind::fixed;
    const std::vector<double> limits = table.numbers("fixed", 0, kNoLimit);
    if (limits.size() != 2) table.refuse("fixed", "fixed: expected [latency_s, cost_usd]");
    budgets.fixed = {to_amount(limits[0], 0, "fixed latency_s"), to_amount(limits[1], 1, "fixed cost_usd")};
  } else {
    const std::vector<std::string> known = {"uniform", "tmo-uniform", "tmo-normal", "tmo-extreme-aware"};
    const std::string sample = table.choice("sample", "uniform", known);
    budgets.kind = static_cast<Kind>(static_cast<int>(Kind::uniform) +
                                     (std::find(known.begin(), known.end(), sample) - known.begin()));
    if (budgets.kind == Kind::uniform) {
      budgets.rho_low = table.number("low", budgets.rho_low, 0, 100);
      budgets.rho_high = table.number("high", budgets.rho_high, budgets.rho_low, 100);
    }
  }
  table.finish();
  return budgets;
}

TrainingSettings read_training(TomlTable table, TrainingSettings training) {
  training.steps = table.integer("steps", training.steps, 0, kMillion * kMillion);
  training.slots = static_cast<int>(table.integer("slots", training.slots, 0, 4096));
  training.budgets = read_training_budgets(table, training.budgets);
  training.wall_limit_s = table.number("wall_limit_s", training.wall_limit_s, 1e-3, 1e7);
  training.memory_limit_mb = table.integer("memory_limit_mb", training.memory_limit_mb, 64, kMillion);
  training.curve_every = table.integer("curve_every", training.curve_every, 0, kMillion * kMillion);
  training.checkpoints = table.boolean("checkpoints", training.checkpoints);
  if (training.checkpoints && training.budgets.kind == TrainingBudgets::Kind::per_cell) {
    table.refuse("checkpoints",
                 "checkpoints: budgets = \"per_cell\" learns several policies; train each cell as a row");
  }
  table.finish();
  return training;
}

PluginSettings read_plugin(TomlTable& table, const std::string& fallback, const Source& source) {
  PluginSettings plugin;
  plugin.place = table.place("plugin");
  plugin.plugin = fallback.empty() ? table.required_text("plugin") : table.text("plugin", fallback);
  if (names_file(plugin.plugin)) {
    if (!table.has("plugin")) {
      table.refuse("name",
                   fmt::format("'{}' is a file's name; name it as plugin = \"...\", and the row otherwise",
                               printable(plugin.plugin)));
    }
    source.input(table, "plugin", plugin.plugin);
  }
  plugin.parameters = table.table("parameters").parameters();
  return plugin;
}

void read_start(TomlTable& table, const Source& source, RowSettings& row) {
  if (!table.has("checkpoint")) return;
  const auto file = source.input(table, "checkpoint", table.required_text("checkpoint"));
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    table.refuse("checkpoint", fmt::format("checkpoint: there is no file {}", printable(file.native())));
  }
  row.checkpoint = file.string();
  row.checkpoint_sha256 = sha256_of_file(file);
}

void read_rows(TomlTable& root, const TrainingSettings& training, const Source& source, Suite& suite) {
  std::set<std::string> names;
  for (TomlTable& table : root.tables("row")) {
    RowSettings row;
    row.name = table.required_text("name");
    check_name(table, row.name, names);
    row.agent = read_plugin(table, row.name, source);
    row.training = read_training(table.table("training"), training);
    read_start(table, source, row);
    table.finish();
    suite.rows.push_back(std::move(row));
  }
  if (suite.rows.empty()) {
    fail(ErrorKind::config, "{}: no [[row]]; name at least one agent to run", suite.file);
  }
}

void read_evaluation(TomlTable table, Suite& suite) {
  EvaluationSettings& evaluation = suite.evaluation;
  evaluation.lenses = table.texts("lenses", evaluation.lenses);
  evaluation.models = table.texts("models", evaluation.models);
  const auto check = [&table](const char* key, const std::vector<std::string>& values,
                              const std::vector<std::string>& known) {
    std::set<std::string> seen;
    if (values.empty()) table.refuse(key, fmt::format("{}: expected at least one", key));
    for (const std::string& value : values) {
      if (std::find(known.begin(), known.end(), value) == known.end()) {
        table.refuse(
            key, fmt::format("{}: unknown '{}'; known: {}", key, printable(value), fmt::join(known, ", ")));
      }
      if (!seen.insert(value).second) table.refuse(key, fmt::format("{}: '{}' is there twice", key, value));
    }
  };
  check("lenses", evaluation.lenses, {"simulator", "held_out"});
  check("models", evaluation.models, {"knn", "table", "true_mean"});
  evaluation.max_violation_rate = table.number("max_violation_rate", 0, 0, 1);
  evaluation.oracle_nodes = table.integer("oracle_nodes", evaluation.oracle_nodes, 0, kMillion * kMillion);
  table.finish();
}

}  // namespace

Suite parse_suite(const std::string& text, const std::string& file, const std::filesystem::path& base) {
  Suite suite;
  suite.file = file;
  suite.text = text;
  const toml::table document = parse_toml(text, file);
  TomlTable root(document, suite.file, "");
  const Source source{suite.file, base, suite};
  TomlTable head = root.table("suite");
  suite.name = head.text("name", std::filesystem::path(file).stem().string());
  if (suite.name.empty() || suite.name.size() > kLongestName) head.refuse("name", kNameLength);
  suite.description = head.text("description", "");
  suite.seed =
      static_cast<std::uint64_t>(head.integer("seed", 0, 0, std::numeric_limits<std::int64_t>::max()));
  head.finish();
  if (!root.has("data")) fail(ErrorKind::config, "{}: no [data] table; it needs source = \"...\"", file);
  read_data(root.table("data"), source, suite);
  read_environment(root.table("environment"), suite);
  read_profile(root.table("profile"), suite);
  TomlTable reward = root.table("reward");
  suite.reward = read_plugin(reward, "tmo-weighted", source);
  reward.finish();
  read_budgets(root.table("budgets"), suite);
  const TrainingSettings training = read_training(root.table("training"), {});
  read_rows(root, training, source, suite);
  read_evaluation(root.table("evaluation"), suite);
  root.finish();
  std::ranges::sort(suite.inputs, {}, &SuiteInput::begin);
  return suite;
}

Suite read_suite(const std::filesystem::path& file) {
  constexpr std::uintmax_t kLargest = 16U << 20U;
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error) fail(ErrorKind::io, "{}: cannot read the suite: {}", file.string(), error.message());
  if (size > kLargest) fail(ErrorKind::config, "{}: {} bytes is too large for a suite", file.string(), size);
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) fail(ErrorKind::io, "{}: cannot read the suite", file.string());
  return parse_suite(text.str(), file.string(), file.parent_path());
}

}  // namespace offload
