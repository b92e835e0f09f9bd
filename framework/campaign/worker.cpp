#include "campaign/worker.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <new>

#include "core/error.hpp"
#include "files/sha256.hpp"
#include "process/warden.hpp"
#include "trial/reference.hpp"
#include "trial/trial.hpp"

namespace offload {
namespace {

constexpr rlim_t kOpenFiles = 1024, kKeptFiles = 16;

// What a plugin can spoil for the host in the process that they share, and what the host takes back while it
// stores something: descriptors, of which a plugin that leaks them leaves some, and the mode of new files.
class SharedSettings {
 public:
  SharedSettings() : mask_(umask(0)) {
    umask(mask_);
    getrlimit(RLIMIT_NOFILE, &whole_);
    whole_.rlim_cur = whole_.rlim_max = std::min(kOpenFiles + kKeptFiles, whole_.rlim_max);
    plugins_ = {whole_.rlim_max - kKeptFiles, whole_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &plugins_);
  }
  template <typename Write>
  void store(const Write& write) const {
    end_copy();
    setrlimit(RLIMIT_NOFILE, &whole_);
    const mode_t plugins = umask(mask_);
    write();
    umask(plugins);
    setrlimit(RLIMIT_NOFILE, &plugins_);
  }

 private:
  mode_t mask_;
  rlimit whole_{}, plugins_{};
};

// Of what RLIMIT_DATA counts.
rlim_t bytes_taken() {
  std::ifstream status("/proc/self/statm");
  rlim_t pages = 0;
  for (int column = 0; column < 6; ++column) status >> pages;
  return status ? pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) : 0;
}

// What the process began with does not count: a sanitizer's shadow alone is terabytes.
void limit_memory(std::int64_t megabytes) {
  rlimit limit{};
  getrlimit(RLIMIT_DATA, &limit);
  const rlim_t wanted = bytes_taken() + static_cast<rlim_t>(megabytes) * 1000000;
  limit.rlim_cur = limit.rlim_max = std::min(wanted, limit.rlim_max);
  setrlimit(RLIMIT_DATA, &limit);
}

void send(int descriptor, const std::string& line) {
  const std::string text = line + "\n";
  // A command that went away leaves nobody to tell.
  [[maybe_unused]] const auto written = write(descriptor, text.data(), text.size());
}

// A file that was replaced since the plan was made would give results under the key of the old one.
void require_planned(const std::string& found, const PluginFile& planned) {
  if (found == planned.sha256) return;
  fail(ErrorKind::plugin, "{}: was replaced while the suite ran; run it again",
       printable(planned.path.native()));
}

void run(const Plan& plan, const PlannedJob& job, const Store& store, int messages) {
  const SharedSettings shared;
  const Experiment& experiment = plan.experiment;
  const auto progress = [messages](double done) { send(messages, fmt::format("p {:.4f}", done)); };
  require_planned(sha256_of_file(plan.reward.file.path), plan.reward.file);
  if (job.reference) {
    ReferenceResult result = run_reference(experiment, job.split, plan.reward.file.path, progress);
    result.key = job.key.hex();
    shared.store([&] { store.write_reference(result); });
    return;
  }
  const PluginFile& agent = plan.agents[job.row].file;
  const auto keep = [&](std::string_view file) {
    shared.store([&] { store.write_checkpoint(job.key.hex(), file); });
  };
  TrialResult result = run_trial(experiment, experiment.suite.rows[job.row], experiment.splits[job.split],
                                 agent.path, plan.reward.file.path, progress, keep);
  require_planned(result.plugin_sha256, agent);
  result.key = job.key.hex();
  shared.store([&] { store.write_trial(result); });
}

}  // namespace

JobLimits limits_of(const Plan& plan, const PlannedJob& job) {
  const std::vector<RowSettings>& rows = plan.experiment.suite.rows;
  if (!job.reference) return {rows[job.row].training.wall_limit_s, rows[job.row].training.memory_limit_mb};
  // The most generous of the rows'.
  JobLimits limits;
  for (const RowSettings& row : rows) {
    limits.wall_s = std::max(limits.wall_s, row.training.wall_limit_s);
    limits.memory_mb = std::max(limits.memory_mb, row.training.memory_limit_mb);
  }
  return limits;
}

int run_worker(const Plan& plan, const PlannedJob& job, const Store& store, int messages) {
  const std::int64_t memory_mb = limits_of(plan, job).memory_mb;
  limit_memory(memory_mb);
  try {
    run(plan, job, store, messages);
  } catch (const std::bad_alloc&) {
    end_copy();
    send(messages, fmt::format("f memory needs more than the {} MB it may use", memory_mb));
    return 1;
  } catch (const std::exception& error) {
    end_copy();
    send(messages, fmt::format("f - {}", printable(error.what(), 2000)));
    return 1;
  }
  send(messages, "d");
  return 0;
}

}  // namespace offload
