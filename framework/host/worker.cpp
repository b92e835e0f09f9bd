#include "host/worker.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <new>

#include "core/error.hpp"
#include "host/packed.hpp"
#include "host/reference.hpp"
#include "host/store.hpp"
#include "host/trial.hpp"

namespace offload {
namespace {

constexpr rlim_t kOpenFiles = 1024;

void limit_resource(int resource, rlim_t value) {
  rlimit limit{};
  getrlimit(static_cast<__rlimit_resource>(resource), &limit);
  limit.rlim_cur = std::min(value, limit.rlim_max);
  limit.rlim_max = limit.rlim_cur;
  setrlimit(static_cast<__rlimit_resource>(resource), &limit);
}

void send(int descriptor, const std::string& line) {
  const std::string text = line + "\n";
  // A command that went away leaves nobody to tell.
  [[maybe_unused]] const auto written = write(descriptor, text.data(), text.size());
}

void run(const WorkerJob& job) {
  Suite suite = parse_suite(read_bounded(job.folder / "suite.toml", std::size_t{16} << 20),
                            (job.folder / "suite.toml").string(), job.base);
  suite.data.source = job.source;
  const Experiment experiment = make_experiment(std::move(suite), open_packed(job.packed));
  const auto progress = [&job](double done) { send(job.status_descriptor, fmt::format("p {:.4f}", done)); };
  if (job.reference) {
    ReferenceResult result = run_reference(experiment, job.split, job.reward, progress);
    result.key = job.key;
    Store(job.folder).write_reference(result);
    return;
  }
  const auto keep = [&job](std::string_view file) { Store(job.folder).write_checkpoint(job.key, file); };
  TrialResult result = run_trial(experiment, experiment.suite.rows.at(job.row),
                                 experiment.splits.at(job.split), job.agent, job.reward, progress, keep);
  result.key = job.key;
  Store(job.folder).write_trial(result);
}

}  // namespace

std::vector<std::string> WorkerJob::arguments() const {
  std::vector<std::string> list = {
      "worker",   "--folder", folder.string(), "--base",            base.string(),
      "--packed", packed.string(),             "--source",          source,
      "--reward", reward.string(),             "--split",           std::to_string(split),
      "--key",    key,                         "--memory-limit-mb", std::to_string(memory_limit_mb),
      "--status", std::to_string(status_descriptor)};
  if (reference) {
    list.push_back("--reference");
  } else {
    list.insert(list.end(), {"--agent", agent.string(), "--row", std::to_string(row)});
  }
  return list;
}

int run_worker(const WorkerJob& job) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::signal(SIGPIPE, SIG_IGN);
  limit_resource(RLIMIT_CORE, 0);
  limit_resource(RLIMIT_NOFILE, kOpenFiles);
  limit_resource(RLIMIT_DATA, static_cast<rlim_t>(job.memory_limit_mb) * 1000000);
  try {
    run(job);
  } catch (const std::bad_alloc&) {
    send(job.status_descriptor, fmt::format("f memory needs more than the {} MB it may use", job.memory_limit_mb));
    return 1;
  } catch (const std::exception& error) {
    send(job.status_descriptor, fmt::format("f - {}", printable(error.what(), 2000)));
    return 1;
  }
  send(job.status_descriptor, "d");
  return 0;
}

}  // namespace offload
