#include "campaign/worker.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <new>

#include "core/error.hpp"
#include "plugin/python_source.hpp"
#include "process/copies/copy.hpp"
#include "process/memory_limit.hpp"
#include "process/warden.hpp"
#include "remote/remote_agent.hpp"
#include "trial/trial.hpp"
#include "trial/values/reference.hpp"

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

// A plugin in Python reads its sources, and what it imports, when it comes to them. `kind`: of its facts.
void require_planned_python(const TrialResult& result, const std::string& kind, const PluginFile& planned) {
  if (!python_agent(planned.path.native())) return;
  require_planned(sha256_of_plugin(planned.path), planned);
  for (const auto& [fact, value] : planned.machine) {
    const auto now = result.host.find(kind + fact);
    if (now == result.host.end() || now->second == value) continue;
    fail(ErrorKind::plugin, "{}: {} was {} when the suite began and is {} now; run it again",
         printable(planned.path.native()), printable(fact), printable(value), printable(now->second));
  }
}

void run(const Plan& plan, const PlannedJob& job, const Store& store, int messages) {
  const SharedSettings shared;
  const Experiment& experiment = plan.experiment;
  const auto progress = [messages](double done) { send(messages, fmt::format("p {:.4f}", done)); };
  const PluginFile& reward = plan.reward.file;
  require_planned(sha256_of_plugin(reward.path), reward);
  if (job.reference) {
    ReferenceResult result = run_reference(experiment, job.split, reward.path, progress);
    if (python_agent(reward.path.native())) require_planned(sha256_of_plugin(reward.path), reward);
    result.key = job.key.hex();
    shared.store([&] { store.write_reference(result); });
    return;
  }
  const PlannedPlugin& planned = plan.agents[job.row];
  const PluginFile& agent = planned.file;
  const auto keep = [&](std::string_view file) {
    shared.store([&] { store.write_checkpoint(job.key.hex(), file); });
  };
  TrialResult result =
      run_trial(experiment, experiment.suite.rows[job.row], experiment.splits[job.split], agent.path,
                reward.path, progress, keep, copies_of(planned, experiment.suite.rows[job.row]));
  require_planned(result.plugin_sha256, agent);
  require_planned_python(result, "agent.", agent);
  require_planned_python(result, "reward.", reward);
  result.key = job.key.hex();
  shared.store([&] { store.write_trial(result); });
}

}  // namespace

JobLimits limits_of(const Plan& plan, const PlannedJob& job) {
  const std::vector<RowSettings>& rows = plan.experiment.suite.rows;
  if (!job.reference)
    return {wall_limit_s(plan.experiment.suite, rows[job.row]), rows[job.row].training.memory_limit_mb};
  // The most generous of the rows'.
  JobLimits limits;
  for (const RowSettings& row : rows) {
    limits.wall_s = std::max(limits.wall_s, row.training.wall_limit_s);
    limits.memory_mb = std::max(limits.memory_mb, row.training.memory_limit_mb);
  }
  return limits;
}

std::string wall_fix(bool reference) {
  return reference ? "raise [training] wall_limit_s, or lower [evaluation] oracle_nodes"
                   : "raise wall_limit_s in the training of the row, or give it fewer steps";
}

std::string memory_fix(bool reference) {
  return reference ? "raise [training] memory_limit_mb, or lower [evaluation] oracle_nodes"
                   : "raise memory_limit_mb in the training of the row, or give it fewer slots";
}

int run_worker(const Plan& plan, const PlannedJob& job, const Store& store, int messages) {
  limit_memory(limits_of(plan, job).memory_mb);
  try {
    run(plan, job, store, messages);
  } catch (const AgentEnded& end) {
    end_copy();
    end_like(end.status());
  } catch (const std::bad_alloc&) {
    end_copy();
    send(messages, fmt::format("f memory {}", out_of_memory(memory_fix(job.reference))));
    return 1;
  } catch (const std::exception& error) {
    end_copy();
    // A plugin's own words for it say neither how much nor of which limit.
    const std::string what = printable(error.what(), 2000);
    send(messages, memory_was_refused()
                       ? fmt::format("f memory {}: {}", what, out_of_memory(memory_fix(job.reference)))
                       : fmt::format("f - {}", what));
    return 1;
  }
  send(messages, "d");
  return 0;
}

}  // namespace offload
