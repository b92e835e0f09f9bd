// `offload-bench slurm`: a suite as a Slurm job array, what its parts have done, and their results joined.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <memory>

#include "campaign/results_folder.hpp"
#include "cli/range.hpp"
#include "cli/terminal.hpp"
#include "cli/usage/shell_lines.hpp"
#include "cli/verbs.hpp"
#include "core/counted.hpp"
#include "core/error.hpp"
#include "files/plain_file.hpp"
#include "report/report.hpp"
#include "report/terminal/terminal_table.hpp"
#include "slurm/parts.hpp"
#include "slurm/scripts.hpp"
#include "suite/suite_tables.hpp"

namespace offload::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestArray = 100'000;

struct SlurmOptions {
  std::string suite, dataset, out;
  std::vector<std::string> plugin_folders;
  std::string time, partition, memory, instruction_set;
  std::size_t tasks = 0;
  int cpus = 1;
  std::string status, missing, merge;  // folders
};

fs::path absolute(const std::string& path) { return fs::absolute(path).lexically_normal(); }

int write_scripts(const SlurmOptions& options) {
  if (options.tasks == 0) fail(ErrorKind::config, "--tasks: is needed: into how many parts the suite is cut");
  if (!options.instruction_set.empty()) setenv("OFFLOAD_ISA", options.instruction_set.c_str(), 1);
  Suite suite = read_suite(options.suite, options.dataset);
  SlurmSettings settings;
  settings.command = fs::canonical("/proc/self/exe");
  settings.folder = absolute(options.out.empty() ? "results/" + file_name(suite.name) : options.out);
  settings.from = fs::current_path();
  settings.suite = suite.name;
  settings.tasks = options.tasks;
  // The copy of the suite lies elsewhere, so that a path in it would, too.
  if (!options.dataset.empty() || !is_generated(suite.data.source)) settings.dataset = suite.data.source;
  for (const std::string& folder : options.plugin_folders)
    settings.plugin_folders.push_back(absolute(folder));
  settings.time = options.time;
  settings.partition = options.partition;
  settings.memory = options.memory;
  settings.cpus = options.cpus;
  settings.instruction_set = options.instruction_set;
  slurm_scripts(settings);  // before data are read
  require_report_folder(settings.folder, {"suite.toml", "inputs", "slurm"});
  const PluginSearch search({options.plugin_folders.begin(), options.plugin_folders.end()});
  Plan plan = make_plan(std::move(suite), search, settings.folder);
  const std::size_t jobs = plan.stored.trials.size() + plan.references.size();
  if (options.tasks > jobs) {
    fail(ErrorKind::config,
         "--tasks {}: the suite has {} (trials and exact policies); name at most that many", options.tasks,
         counted(jobs, "job"));
  }
  const ResultsFolder results(plan, settings.folder);
  write_slurm(settings);
  const std::string folder = settings.folder.string();
  put("{} and the exact policies of {} in {}\n"
      "submit:   {}/slurm/submit.sh (options of sbatch may follow; again for what is missing)\n"
      "how far:  offload-bench slurm --status {}\n"
      "results:  {}, once the merge job has run; its output and that of the parts: {}/slurm/logs\n",
      counted(plan.stored.trials.size(), "trial"), counted(plan.references.size(), "split"),
      counted(options.tasks, "part"), folder, folder, folder, folder);
  return 0;
}

PartsStatus status_of(const std::string& folder) {
  if (const auto status = parts_status(folder)) return *status;
  fail(ErrorKind::config, "{}: no slurm/parts.json: not a folder of `offload-bench slurm`",
       printable(folder));
}

void print_problems(const PartsStatus& status) {
  for (const std::string& problem : status.problems) tell("offload-bench: {}\n", problem);
  for (const LeftOut& file : status.left_out)
    tell("left out: {}: {}\n", printable(file.file), printable(file.reason));
}

int print_status(const std::string& folder) {
  const PartsStatus status = status_of(folder);
  put("{}\n", status_sentence(status));
  print_problems(status);
  if (status.missing.empty() && status.problems.empty()) return 0;
  if (!status.missing.empty())
    put("once no part runs any more: {}/slurm/submit.sh\n", absolute(folder).string());
  return 1;
}

int merge(const std::string& folder) {
  const PartsStatus status = merge_parts(folder);
  print_problems(status);
  if (!status.complete()) {
    put("{}\nnothing was merged; once no part runs any more: {}/slurm/submit.sh\n", status_sentence(status),
        absolute(folder).string());
    return 1;
  }
  const Report report = report_of({fs::path(folder)});
  write_report(folder, report);
  fmt::print("{}\n{}\n",
             terminal_screen(shown_of(report),
                             {wants_color(), table_width(), kScreenLines, command_for_all(folder)}),
             status_sentence(status));
  return report.clean() ? 0 : 1;
}

int slurm(const SlurmOptions& options) {
  if (!options.status.empty()) return print_status(options.status);
  if (!options.merge.empty()) return merge(options.merge);
  if (!options.missing.empty()) {
    const PartsStatus status = status_of(options.missing);
    fmt::print("{}\n", part_list(status.missing));
    return 0;
  }
  if (options.suite.empty())
    fail(ErrorKind::config, "slurm: name a suite, or a folder by --status, --missing or --merge");
  return write_scripts(options);
}

}  // namespace

void add_slurm(CLI::App& app, Action& action) {
  const auto options = std::make_shared<SlurmOptions>();
  CLI::App* verb = app.add_subcommand("slurm", "Write a suite as a Slurm job array, and follow and merge it");
  CLI::Option* suite = verb->add_option("suite", options->suite, "The suite's TOML file");
  verb->add_option("--tasks", options->tasks, "Parts, each a task of the array")
      ->check(whole(1, kLargestArray));
  verb->add_option("--out", options->out, "Results folder, where all machines see it [results/<suite name>]");
  verb->add_option("--dataset", options->dataset, "Data set in place of the suite's: a file or synthetic:N");
  verb->add_option("--plugin-dir", options->plugin_folders, "Folder of plugins, searched first; repeatable")
      ->allow_extra_args(false);
  verb->add_option("--time", options->time, "Of a task, as sbatch takes it; told a tenth before its end");
  verb->add_option("--partition", options->partition, "As sbatch takes it");
  verb->add_option("--memory", options->memory, "Of a task, as sbatch --mem takes it");
  verb->add_option("--cpus", options->cpus, "Of a task, and trials at once [1]")->check(whole(1, 1024));
  verb->add_option("--isa", options->instruction_set,
                   "Instruction set of all parts, where machines differ: baseline, avx2 or avx512");
  std::vector<CLI::Option*> instead = {
      verb->add_option("--status", options->status, "Print what the parts of a folder have done"),
      verb->add_option("--missing", options->missing,
                       "Print the parts to submit, as sbatch --array takes them"),
      verb->add_option("--merge", options->merge, "Join the parts' results in the folder, and report")};
  for (CLI::Option* one : instead) {
    one->type_name("DIR")->excludes(suite);
    for (CLI::Option* other : instead) {
      if (one != other) one->excludes(other);
    }
  }
  verb->footer(
      "Writes OUT/slurm/{array,merge,submit}.sh; submit.sh submits what is missing, and the merge after it.\n"
      "Exit status 1 of --status and --merge: parts are missing or have failed jobs.\n"
      "Example: offload-bench slurm benchmarks/suites/main-synthetic.toml --tasks 8 --time 30 --cpus 2");
  verb->callback([options, &action] { action = [options] { return slurm(*options); }; });
}

}  // namespace offload::cli
