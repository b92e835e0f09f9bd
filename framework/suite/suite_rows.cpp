// The rows of a suite: their plugins, and how they train.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "files/sha256.hpp"
#include "plugin/python_source.hpp"
#include "suite/suite_tables.hpp"

namespace offload {
namespace {

// A plugin named by its library, as PluginSearch has it, and not by its id.
bool names_file(const std::string& plugin) {
  return plugin.find('/') != std::string::npos || plugin.ends_with(".so") || python_agent(plugin);
}

TrainingBudgets read_training_budgets(TomlTable& parent, TrainingBudgets budgets) {
  using Kind = TrainingBudgets::Kind;
  if (!parent.has("budgets")) return budgets;
  if (parent.is_text("budgets")) {
    const bool per_cell = parent.choice("budgets", "none", {"none", "per_cell"}) == "per_cell";
    return {per_cell ? Kind::per_cell : Kind::none, {kUnlimited, kUnlimited}, .05, 1.2};
  }
  TomlTable table = parent.table("budgets");
  table.may_have({"fixed", "sample", "low", "high"});
  budgets = {};
  if (table.has("fixed")) {
    budgets.kind = Kind::fixed;
    const std::vector<double> limits = table.numbers("fixed", 0, std::numeric_limits<double>::infinity());
    const auto within = [&limits](std::size_t k, double most) {
      return limits[k] <= most || std::isinf(limits[k]);
    };
    if (limits.size() != 2 || !within(0, 1e6) || !within(1, 1e4)) {
      table.refuse("fixed", "fixed: expected [latency_s, cost_usd], at most 1e6 s and 1e4 USD or inf");
    }
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

void read_start(TomlTable& table, const SuiteSource& source, RowSettings& row) {
  if (!table.has("checkpoint")) return;
  const auto file = source.input(table, "checkpoint", table.required_text("checkpoint"));
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    table.refuse("checkpoint", fmt::format("checkpoint: there is no file {}", printable(file.native())));
  }
  row.checkpoint = file.string();
  row.checkpoint_sha256 = sha256_of_file(file);
  row.checkpoint_place = table.place("checkpoint");
}

// Relative to the suite where it is a path.
std::string read_interpreter(TomlTable& table, std::string_view key, const std::string& fallback,
                             const SuiteSource& source) {
  if (!table.has(key)) return fallback;
  const std::string named = table.required_text(key);
  if (named.empty()) table.refuse(key, fmt::format("{}: expected the name or path of an interpreter", key));
  if (named.find('/') == std::string::npos) return named;
  return std::filesystem::absolute(source.base / named).lexically_normal().string();
}

Isolation read_isolation(TomlTable& table, Isolation isolation) {
  const std::string chosen = table.choice("isolation", to_string(isolation), {"none", "process"});
  return chosen == "process" ? Isolation::process : Isolation::none;
}

// Of a row or a reward. One in Python is always in processes of its own. `what`: "an agent".
void read_place(TomlTable& table, const std::string& interpreter, const SuiteSource& source, const char* what,
                PluginSettings& plugin, Isolation& isolation) {
  isolation = read_isolation(table, isolation);
  if (!python_agent(plugin.plugin)) return;
  plugin.python = read_interpreter(table, "python", interpreter, source);
  if (table.has("isolation") && isolation == Isolation::none) {
    table.refuse("isolation",
                 fmt::format("isolation: {} in Python runs in processes of its own; leave this out", what));
  }
  isolation = Isolation::process;
}

}  // namespace

const char* to_string(Isolation isolation) { return isolation == Isolation::process ? "process" : "none"; }

TrainingSettings read_training(TomlTable table, TrainingSettings training) {
  training.model = table.choice("model", training.model, training_models());
  training.steps = table.integer("steps", training.steps, 0, kMillion * kMillion);
  training.slots = static_cast<int>(table.integer("slots", training.slots, 0, 4096));
  training.budgets = read_training_budgets(table, training.budgets);
  training.wall_limit_s = table.number("wall_limit_s", training.wall_limit_s, 1e-3, 1e7);
  training.memory_limit_mb = table.integer("memory_limit_mb", training.memory_limit_mb, 64, kMillion);
  training.curve_every = table.integer("curve_every", training.curve_every, 0, kMillion * kMillion);
  training.checkpoints = table.boolean("checkpoints", training.checkpoints);
  training.isolation = read_isolation(table, training.isolation);
  if (training.checkpoints && training.budgets.kind == TrainingBudgets::Kind::per_cell) {
    table.refuse("checkpoints",
                 "checkpoints: budgets = \"per_cell\" learns several policies; train each cell as a row");
  }
  table.finish();
  return training;
}

PluginSettings read_plugin(TomlTable& table, const std::string& fallback, const SuiteSource& source) {
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

void read_reward(TomlTable table, const std::string& interpreter, const SuiteSource& source, Suite& suite) {
  suite.reward = read_plugin(table, "tmo-weighted", source);
  read_place(table, interpreter, source, "a reward", suite.reward, suite.reward_isolation);
  table.finish();
}

std::string read_python(TomlTable table, const SuiteSource& source) {
  const std::string interpreter = read_interpreter(table, "interpreter", default_python(), source);
  table.finish();
  return interpreter;
}

std::vector<RowSettings> read_rows(TomlTable& root, const TrainingSettings& training,
                                   const std::string& interpreter, const SuiteSource& source) {
  std::vector<RowSettings> rows;
  std::set<std::string> names;
  for (TomlTable& table : root.tables("row")) {
    RowSettings row;
    table.may_have({"python", "checkpoint"});
    row.name = table.required_text("name");
    check_name(table, row.name, names);
    row.agent = read_plugin(table, row.name, source);
    row.training = read_training(table.table("training"), training);
    read_place(table, interpreter, source, "an agent", row.agent, row.training.isolation);
    read_start(table, source, row);
    table.finish();
    rows.push_back(std::move(row));
  }
  if (rows.empty()) fail(ErrorKind::config, "{}: no [[row]]; name at least one agent to run", source.file);
  return rows;
}

}  // namespace offload
