// `offload-bench collect`: a data set of your own from models that answer over HTTP.
#include "gateway/collect/collect.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "cli/terminal.hpp"
#include "cli/verbs.hpp"

namespace offload::cli {
namespace {

struct CollectOptions {
  std::string plan, dialogues, out;
  std::optional<double> max_cost_usd;
  std::vector<std::string> plugin_folders;
  bool dry_run = false, retry_open = false;
};

int collect_plan(const CollectOptions& options) {
  CollectPlan plan = read_collect_plan(options.plan);
  if (!options.dialogues.empty()) plan.dialogues = options.dialogues;
  if (!options.out.empty()) plan.out = options.out;
  if (options.max_cost_usd) plan.max_cost_usd = *options.max_cost_usd;
  const auto say = [](const std::string& line) { tell("{}\n", line); };
  if (options.dry_run) {
    bound_collection(plan, say);
    return 0;
  }
  const PluginSearch search({options.plugin_folders.begin(), options.plugin_folders.end()});
  return collect(plan, search, options.retry_open, say) ? 0 : 1;
}

}  // namespace

void add_collect(CLI::App& app, Action& action) {
  const auto options = std::make_shared<CollectOptions>();
  CLI::App* verb = app.add_subcommand("collect", "Collect a data set from models that answer over HTTP");
  verb->add_option("PLAN", options->plan, "Who answers, judges and chooses (TOML)")->required();
  verb->add_option("--dialogues", options->dialogues, "Dialogues (JSON lines), in place of the plan's");
  verb->add_option("--out", options->out,
                   "Folder for journal, data set, table and card, in place of the plan's");
  verb->add_option("--max-cost", options->max_cost_usd,
                   "USD over all runs of this collection; nothing is asked "
                   "that might pass it")
      ->check(CLI::NonNegativeNumber);
  verb->add_flag("--dry-run", options->dry_run,
                 "Say the most calls and the most they may cost, and ask nobody");
  verb->add_flag("--retry-open", options->retry_open,
                 "Make calls again that a kill left open, or that failed and may have been charged for");
  verb->add_option("--plugin-dir", options->plugin_folders, "Folder of plugins, searched first; repeatable")
      ->allow_extra_args(false);
  verb->footer(
      "Running it again goes on: what was answered is not asked again. Keys of endpoints come from the\n"
      "environment or files that the plan names. Exit status 0 when every episode is whole, 1 when some are\n"
      "missing; what is written is what there is.\n"
      "Example: offload-bench collect benchmarks/gateway/live/collect.toml --dry-run");
  verb->callback([options, &action] { action = [options] { return collect_plan(*options); }; });
}

}  // namespace offload::cli
