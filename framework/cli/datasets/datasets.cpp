#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/datasets/datasets_budgets.hpp"
#include "cli/datasets/datasets_outcomes.hpp"
#include "cli/range.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "core/counted.hpp"
#include "core/environment/action_space.hpp"
#include "core/error.hpp"
#include "data/dataset.hpp"
#include "data/question_folds.hpp"
#include "data/synthetic.hpp"
#include "data/tables/describe_outcomes.hpp"
#include "data/tables/outcome_table_file.hpp"
#include "files/atomic_file.hpp"
#include "files/sha256.hpp"

namespace offload::cli {
namespace {

struct DataOptions {
  std::string source, task;
  std::uint64_t seed = 0;
  bool json = false;
};

struct SynthOptions {
  std::uint64_t episodes = 200, seed = 0;
  std::string out, settings;
};

struct PackOptions {
  std::string source, out;
  std::uint64_t seed = 0;
};

struct FoldOptions {
  std::string source, out;
  int questions = 2;
};

// Count, mean, standard deviation (over n) and share of zeros of numbers seen one by one.
class Moments {
 public:
  void add(double value) {
    ++count_;
    zeros_ += value == 0;
    const double step = value - mean_;
    mean_ += step / static_cast<double>(count_);
    squares_ += step * (value - mean_);
  }
  // null where there is nothing to say it of.
  nlohmann::ordered_json json() const {
    nlohmann::ordered_json json = {
        {"n", count_}, {"mean", nullptr}, {"sd", nullptr}, {"zero_share", nullptr}};
    if (count_ > 0) json["mean"] = mean_;
    if (count_ > 0) json["zero_share"] = static_cast<double>(zeros_) / static_cast<double>(count_);
    if (count_ > 0) json["sd"] = std::sqrt(squares_ / static_cast<double>(count_));
    return json;
  }

 private:
  std::size_t count_ = 0, zeros_ = 0;
  double mean_ = 0, squares_ = 0;
};

std::string kind_name(int kind) {
  if (kind == 0) return "local";
  if (kind == 1) return "cloud text";
  return fmt::format("cloud {} image{}", kind - 1, kind == 2 ? "" : "s");
}

using MomentsTable = std::vector<std::vector<Moments>>;  // [tasks][kinds or views]

nlohmann::ordered_json by_kind(const std::vector<Moments>& kinds) {
  auto list = nlohmann::ordered_json::array();
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    nlohmann::ordered_json entry = {{"kind", kind_name(static_cast<int>(k))}};
    entry.update(kinds[k].json());
    list.push_back(entry);
  }
  return list;
}

// Everything `describe` says, computed in one pass over the turns.
nlohmann::ordered_json describe(const EpisodeTable& table, const std::optional<DatasetNotes>& notes) {
  const ActionSpace actions(table.modalities);
  const auto kinds = static_cast<std::size_t>(actions.kinds());
  const auto views = static_cast<std::size_t>(table.modalities);
  MomentsTable score(table.tasks.size(), std::vector<Moments>(kinds));
  MomentsTable association(table.tasks.size(), std::vector<Moments>(views));
  std::vector<Moments> latency(kinds), cost(kinds);
  std::vector<std::size_t> task_turns(table.tasks.size());
  for (std::size_t i = 0; i < table.turns(); ++i) {
    const std::size_t task = table.task[i];
    const auto kind = static_cast<std::size_t>(actions.kind(table.action[i]));
    ++task_turns[task];
    score[task][kind].add(table.score[i]);
    for (std::size_t m = 0; m < views; ++m) association[task][m].add(table.associations(i)[m]);
    if (!table.latency_s.empty()) latency[kind].add(table.latency_s[i]);
    if (!table.cost_usd.empty()) cost[kind].add(table.cost_usd[i]);
  }
  std::vector<std::size_t> lengths(static_cast<std::size_t>(table.longest()) + 1);
  for (std::size_t e = 0; e < table.episodes(); ++e) ++lengths[static_cast<std::size_t>(table.length(e))];

  nlohmann::ordered_json out = {{"source", table.source},       {"sha256", table.sha256},
                                {"episodes", table.episodes()}, {"turns", table.turns()},
                                {"views", table.modalities},    {"actions", actions.size()}};
  out["lengths"] = nlohmann::ordered_json::object();
  for (std::size_t n = 0; n < lengths.size(); ++n) {
    if (lengths[n] > 0) out["lengths"][std::to_string(n)] = lengths[n];
  }
  out["tasks"] = nlohmann::ordered_json::array();
  for (std::size_t c = 0; c < table.tasks.size(); ++c) {
    auto per_view = nlohmann::ordered_json::array();
    for (const Moments& view : association[c]) per_view.push_back(view.json());
    out["tasks"].push_back({{"task", table.tasks[c]},
                            {"turns", task_turns[c]},
                            {"score", by_kind(score[c])},
                            {"association", per_view}});
  }
  out["latency_s"] = table.latency_s.empty() ? nlohmann::ordered_json() : by_kind(latency);
  out["cost_usd"] = table.cost_usd.empty() ? nlohmann::ordered_json() : by_kind(cost);
  if (notes) {
    out["has_ids"] = notes->ids;
    out["distinct_questions"] = notes->questions;
    out["refused"] = nlohmann::ordered_json::array();
    for (std::size_t k = 0; k < kinds; ++k) {
      out["refused"].push_back({{"kind", kind_name(static_cast<int>(k))}, {"n", notes->refused[k]}});
    }
  }
  return out;
}

std::string cell(const nlohmann::ordered_json& value) {
  return value.is_null() ? "-" : fmt::format("{:.4g}", value.get<double>());
}

// One line of the text form: name, n, mean, sd.
void print_moments(const std::string& first, const std::string& second, const nlohmann::ordered_json& moments,
                   bool zeros) {
  if (moments["n"] == 0) return;
  fmt::print("  {:<24} {:<14} {:>8} {:>9} {:>9}", first, second, moments["n"].get<std::size_t>(),
             cell(moments["mean"]), cell(moments["sd"]));
  if (zeros) fmt::print(" {:>7}", cell(moments["zero_share"]));
  fmt::print("\n");
}

void print_heading(const char* title, bool zeros) {
  fmt::print("\n{:<41} {:>8} {:>9} {:>9}{}\n", title, "n", "mean", "sd", zeros ? "   zeros" : "");
}

void print_text(const nlohmann::ordered_json& data) {
  std::string lengths, refused;
  for (const auto& [length, count] : data["lengths"].items())
    lengths +=
        fmt::format(" {}: {};", (length == "1" ? "1 turn" : length + " turns"), count.get<std::size_t>());
  put("{}\n  SHA-256  {}\n  episodes {}, turns {}, views {}, actions {}\n  lengths {}\n",
      printable(data["source"].get<std::string>()), data["sha256"].get<std::string>(),
      data["episodes"].get<std::size_t>(), data["turns"].get<std::size_t>(), data["views"].get<int>(),
      data["actions"].get<int>(), lengths);
  if (data.contains("distinct_questions")) {
    for (const auto& entry : data["refused"])
      refused += fmt::format(" {}: {};", entry["kind"].get<std::string>(), entry["n"].get<std::size_t>());
    put("  distinct questions {}\n  refused answers{}\n", data["distinct_questions"].get<std::size_t>(),
        refused);
  }
  print_heading("Score after the refusal rule", true);
  for (const auto& task : data["tasks"]) {
    const std::string name = printable(task["task"].get<std::string>(), 24);
    for (const auto& entry : task["score"]) {
      print_moments(name, entry["kind"].get<std::string>(), entry, true);
    }
  }
  print_heading("Association", false);
  for (const auto& task : data["tasks"]) {
    const std::string name = printable(task["task"].get<std::string>(), 24);
    for (std::size_t m = 0; m < task["association"].size(); ++m) {
      print_moments(name, fmt::format("view {}", m), task["association"][m], false);
    }
  }
  for (const auto& [key, title] :
       {std::pair{"latency_s", "Measured latency, s"}, std::pair{"cost_usd", "Measured cost, USD"}}) {
    if (data[key].is_null()) {
      fmt::print("\n{}: not in the file\n", title);
      continue;
    }
    print_heading(title, false);
    for (const auto& entry : data[key]) print_moments("", entry["kind"].get<std::string>(), entry, false);
  }
}

void print_description(nlohmann::ordered_json data, const EpisodeTable& table, bool json,
                       void (*print)(const nlohmann::ordered_json&)) {
  const nlohmann::ordered_json cells = suggested_cells(table);
  data["suggested_cells"] = cells;
  if (json) {
    fmt::print("{}\n", data.dump(2));
    return;
  }
  print(data);
  print_suggested_cells(cells, !table.outcomes);
}

int run_describe(const DataOptions& options) {
  std::optional<DatasetNotes> notes;
  EpisodeTable table;
  if (parse_synthetic_source(options.source, options.seed) || is_outcome_table(options.source)) {
    table = build_dataset(options.source, options.seed, {});
  } else if (is_packed(options.source)) {
    table = open_packed(options.source);
  } else {
    notes.emplace();
    table = read_dataset(options.source, {}, &*notes);
  }
  if (table.outcomes) {
    print_description(describe_outcomes(table, options.task), table, options.json, print_outcomes);
    return 0;
  }
  if (!options.task.empty())
    fail(ErrorKind::config, "--task: {} is a log, of which every task is shown; leave it out",
         printable(options.source));
  print_description(describe(table, notes), table, options.json, print_text);
  return 0;
}

int run_synth(const SynthOptions& options) {
  const SyntheticSettings settings =
      options.settings.empty() ? embedded_synthetic_settings() : read_synthetic_settings(options.settings);
  write_synthetic_json({make_synthetic(settings, options.seed), options.episodes}, options.out);
  put("{}: {}, SHA-256 {}\n", printable(options.out), counted(options.episodes, "episode"),
      sha256_of_file(options.out));
  return 0;
}

int run_pack(const PackOptions& options) {
  const EpisodeTable table = build_dataset(options.source, options.seed, {});
  write_packed(table, options.out);
  put("{}: {}, {}\n", printable(options.out), counted(table.episodes(), "episode"),
      counted(table.turns(), "turn"));
  return 0;
}

int run_folds(const FoldOptions& options) {
  DatasetNotes notes;
  const EpisodeTable table = read_dataset(options.source, {}, &notes);
  const auto folds = question_folds(table, notes, options.questions);
  write_atomically(options.out, fold_file_text(folds));
  for (const auto& [name, fold] : folds) {
    put("{}: questions {} held out, {} training, {}\n", name, fmt::join(fold.questions, ", "),
        fold.train.size(), counted(fold.test.size(), "test episode"));
  }
  return 0;
}

constexpr const char* kSourceHelp =
    "A JSON file, a table of outcomes (NAME.csv, NAME.jsonl), synthetic:N or scenario:VIEWS,TASKS,TURNS:N";

void add_describe_files(CLI::App& datasets, Action& action) {
  auto options = std::make_shared<DataOptions>();
  CLI::App* verb = datasets.add_subcommand("describe", "Check a data set and print its statistics");
  verb->add_option("source", options->source, std::string(kSourceHelp) + ", or a packed file")->required();
  verb->add_option("--seed", options->seed, "Seed of a synthetic data set")
      ->capture_default_str()
      ->check(any_seed());
  verb->add_option("--task", options->task, "Of a table of outcomes: this task alone");
  verb->add_flag("--json", options->json, "Print JSON");
  verb->footer("Example: offload-bench datasets describe synthetic:200");
  verb->callback([options, &action] { action = [options] { return run_describe(*options); }; });
}

void add_synth(CLI::App& datasets, Action& action) {
  auto options = std::make_shared<SynthOptions>();
  CLI::App* verb = datasets.add_subcommand("synth", "Write a synthetic data set as a JSON file");
  verb->add_option("--episodes", options->episodes, "How many")
      ->capture_default_str()
      ->check(whole(1, kSyntheticEpisodesMax));
  verb->add_option("--seed", options->seed, "Same seed, same bytes")
      ->capture_default_str()
      ->check(any_seed());
  verb->add_option("--out", options->out, "The file to write")->required();
  verb->add_option("--settings", options->settings, "A changed copy of datasets/synthetic.toml");
  verb->footer("Example: offload-bench datasets synth --episodes 1000 --seed 7 --out thousand.json");
  verb->callback([options, &action] { action = [options] { return run_synth(*options); }; });
}

void add_pack(CLI::App& datasets, Action& action) {
  auto options = std::make_shared<PackOptions>();
  CLI::App* verb =
      datasets.add_subcommand("pack", "Check a data set and write the packed form that runs map into memory");
  verb->add_option("source", options->source, kSourceHelp)->required();
  verb->add_option("--out", options->out, "The file to write")->required();
  verb->add_option("--seed", options->seed, "Seed of a synthetic data set")
      ->capture_default_str()
      ->check(any_seed());
  verb->footer("Example: offload-bench datasets pack M4A1.json --out M4A1.packed");
  verb->callback([options, &action] { action = [options] { return run_pack(*options); }; });
}

void add_folds(CLI::App& datasets, Action& action) {
  auto options = std::make_shared<FoldOptions>();
  CLI::App* verb = datasets.add_subcommand("folds", "Write folds by question, for a suite's [data] split");
  verb->add_option("source", options->source, "A JSON file")->required();
  verb->add_option("--questions", options->questions, "How many each fold holds out")
      ->capture_default_str()
      ->check(whole(1, 1000));
  verb->add_option("--out", options->out, "The file to write")->required();
  verb->footer(
      "A fold tests the episodes that ask one of its questions and trains on those that ask none. Questions\n"
      "are grouped so that folds test about equally many episodes; the file holds ids and question numbers\n"
      "(from 0, as they first occur), no text.\n"
      "Example: offload-bench datasets folds M4A1.json --questions 2 --out question-folds.json");
  verb->callback([options, &action] { action = [options] { return run_folds(*options); }; });
}

}  // namespace

void add_datasets(CLI::App& app, Action& action) {
  CLI::App* datasets =
      app.add_subcommand("datasets", "Describe, import, generate, pack and divide data sets");
  datasets->require_subcommand(1);
  datasets->footer("Example: offload-bench datasets describe M4A1.json");
  add_describe_files(*datasets, action);
  add_import(*datasets, action);
  add_synth(*datasets, action);
  add_pack(*datasets, action);
  add_folds(*datasets, action);
}

}  // namespace offload::cli
