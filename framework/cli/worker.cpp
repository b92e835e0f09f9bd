// The hidden verb that `run` starts for each trial.
#include "host/worker.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/verbs.hpp"

namespace offload::cli {

void add_worker(CLI::App& app, Action& action) {
  auto job = std::make_shared<WorkerJob>();
  CLI::App* verb = app.add_subcommand("worker", "Runs one trial (started by run)");
  verb->group("");
  verb->add_option("--folder", job->folder)->required();
  verb->add_option("--base", job->base)->required();
  verb->add_option("--packed", job->packed)->required();
  verb->add_option("--source", job->source)->required();
  verb->add_option("--agent", job->agent);
  verb->add_option("--reward", job->reward)->required();
  verb->add_option("--row", job->row);
  verb->add_flag("--reference", job->reference);
  verb->add_option("--split", job->split)->required();
  verb->add_option("--key", job->key)->required();
  verb->add_option("--memory-limit-mb", job->memory_limit_mb)->required();
  verb->add_option("--status", job->status_descriptor)->required();
  verb->callback([job, &action] { action = [job] { return run_worker(*job); }; });
}

}  // namespace offload::cli
