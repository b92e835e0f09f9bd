// `offload-bench tasks`: the official tasks, or what a suite would freeze as one.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "campaign/plan.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "core/error.hpp"
#include "report/text/text.hpp"
#include "suite/task.hpp"

namespace offload::cli {
namespace {

struct TasksOptions {
  std::vector<std::string> suites;
  std::string dataset;
  std::vector<std::string> folders;
  bool json = false;
};

Task task_of(const std::string& file, const TasksOptions& options) {
  Suite suite = read_suite(file, options.dataset);
  const PluginSearch search({options.folders.begin(), options.folders.end()});
  const Plan plan = make_plan(std::move(suite), search, std::filesystem::temp_directory_path());
  const TaskParts parts = task_parts(plan.experiment, plan.reward.info, plan.reward.parameters);
  const std::string& name = plan.experiment.suite.name;
  return {name, plan.experiment.suite.description, task_hash(hashed_parts(name, parts)), parts};
}

void print_json(const std::vector<Task>& tasks) {
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  for (const Task& task : tasks) {
    out[task.name] = {{"summary", task.summary}, {"sha256", task.sha256}};
    for (const auto& [part, value] : task.unhashed) out[task.name][part] = value;
    out[task.name]["parts"] = task.parts;
  }
  fmt::print("{}\n", out.dump(1, ' ', false, nlohmann::json::error_handler_t::replace));
}

int tasks(const TasksOptions& options) {
  std::vector<Task> list;
  for (const std::string& suite : options.suites) list.push_back(task_of(suite, options));
  if (options.suites.empty()) list = official_tasks();
  if (options.json) {
    print_json(list);
    return 0;
  }
  std::size_t width = 17;
  for (const Task& task : list) width = std::max(width, printable(task.name).size());
  for (const Task& task : list) {
    const std::string indent(width + 2, ' ');
    fmt::print(
        "{:<{}}  {}\n  {}\n", printable(task.name), width,
        text::wrapped(printable(task.summary), table_width() - static_cast<int>(indent.size()), indent),
        task.sha256);
    if (options.suites.empty()) continue;
    for (const auto& [part, value] : task.parts) put("  {:<12} {}\n", part, printable(value, 400));
    const std::string sentence = task_sentence(claimed_task(task.name, task.parts));
    put("  {}\n", sentence.empty() ? "no official task has this name" : sentence);
  }
  return 0;
}

}  // namespace

void add_tasks(CLI::App& app, Action& action) {
  const auto options = std::make_shared<TasksOptions>();
  CLI::App* verb = app.add_subcommand("tasks", "List the official tasks and their hashes");
  verb->add_option("suites", options->suites, "Suites to show the parts and hash of, in place of the list");
  verb->add_option("--dataset", options->dataset, "Data set in place of the suites'");
  verb->add_option("--plugin-dir", options->folders, "A folder to search first; may be repeated")
      ->allow_extra_args(false);
  verb->add_flag("--json", options->json, "Print JSON");
  verb->footer(
      "A task freezes data, folds, suite seed, environment, profile, budgets, reward, models and lenses; "
      "rows\n"
      "are free.\n"
      "Example: offload-bench tasks benchmarks/suites/tasks/m4ai-mid-v1.toml --dataset M4A1.json");
  verb->callback([options, &action] { action = [options] { return tasks(*options); }; });
}

}  // namespace offload::cli
