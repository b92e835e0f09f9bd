#include "leaderboard/board_task.hpp"

#include <nlohmann/json.hpp>
#include <numeric>

#include "campaign/results_folder.hpp"
#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "files/checked_json.hpp"
#include "files/json_difference.hpp"
#include "files/plain_file.hpp"
#include "files/sha256.hpp"
#include "leaderboard/secret.hpp"
#include "suite/suite_tables.hpp"

namespace offload {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestSecret = 4096, kLargestData = std::size_t{1} << 30, kDifferencesShown = 5;
constexpr const char* kHiddenData = "data.json";
// Of an entrant, where hidden episodes are asked of again and again and nobody says how often they may be.
constexpr std::int64_t kHiddenEntries = 10;

void compute_references(const Plan& plan, const Store& store, const BoardRuns& runs) {
  std::vector<std::uint32_t> jobs(plan.references.size());
  std::iota(jobs.begin(), jobs.end(), 0);
  if (jobs.empty()) return;
  const CampaignOutcome outcome = run_campaign(plan, jobs, store, runs.jobs, runs.observer, runs.signals);
  if (outcome.signal != 0)
    fail(ErrorKind::run, "the exact policies were stopped by a signal; nothing was added");
}

// What the commitment in the suite is of, as the data set that it comes to.
void make_hidden_data(const TaskRequest& request, const std::string& commitment, const fs::path& folder) {
  if (request.hidden.empty())
    fail(ErrorKind::config, "{}: names hidden episodes; give their secret or their file by --hidden",
         printable(request.suite.native()));
  std::string found = sha256_of_file(request.hidden);
  const std::string bytes = read_bounded(request.hidden, kLargestData);
  const bool is_secret = bytes.size() <= kLargestSecret && bytes.find("offload-secret/") != std::string::npos;
  if (is_secret) {
    const HiddenSecret secret = secret_from_json(bytes, printable(request.hidden.native()));
    found = secret.commitment();
    write_hidden_data(secret, folder / kHiddenData);
  } else {
    write_atomically(folder / kHiddenData, bytes);
  }
  if (found != commitment) {
    fail(ErrorKind::config, "{}: commits to {}, and --hidden {} is {}", printable(request.suite.native()),
         commitment, printable(request.hidden.native()), found);
  }
}

void keep_folder(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::remove_all(to, error);
  fs::rename(from, to, error);
  if (error)
    fail(ErrorKind::io, "{}: cannot be put in its place: {}", printable(to.native()), error.message());
}

// Of what a stranger wrote, so that members may be of any kind.
void erase(nlohmann::json& from, const char* inside, std::initializer_list<const char*> names) {
  if (!from.is_object()) return;
  if (inside != nullptr && !from.contains(inside)) return;
  nlohmann::json& object = inside == nullptr ? from : from[inside];
  for (const char* name : names) {
    if (object.is_object()) object.erase(name);
  }
}

nlohmann::json bare(const ReportPlan& plan) {
  nlohmann::json document = json_without_trials(plan);
  erase(document, nullptr, {"rows", "trials", "references", "description", "version", "suite_toml_sha256"});
  erase(document, "dataset", {"source"});
  nlohmann::json& resolved = document["resolved"];
  erase(resolved, nullptr, {"rows"});
  erase(resolved, "suite", {"description"});
  erase(resolved, "data", {"source"});
  // Its identity is id, version and parameters: another build of the same reward has other bytes.
  erase(resolved, "reward", {"sha256", "machine"});
  return document;
}

}  // namespace

BoardTask make_board_task(Board& board, const TaskRequest& request, const BoardRuns& runs) {
  check_date(request.date);
  WorkFolder work(board.folder());
  Suite suite = read_suite(request.suite, request.dataset);
  const bool is_file = !is_generated(suite.data.source);
  BoardTask task{suite.name,
                 request.date,
                 is_file ? fs::absolute(suite.data.source).string() : request.dataset,
                 suite.data.hidden,
                 request.per_entrant,
                 {},
                 {}};
  if (!task.commitment.empty() && task.per_entrant == 0) task.per_entrant = kHiddenEntries;
  if (file_name(task.name) != task.name)
    fail(ErrorKind::config, "'{}' cannot be a task's name; use letters, digits, '-', '_' and '.'",
         printable(task.name));
  if (task.commitment.empty() && !request.hidden.empty())
    fail(ErrorKind::config, "{}: names no hidden episodes; write [data] hidden = {{commitment = \"...\"}}",
         printable(request.suite.native()));
  Plan plan = make_plan(std::move(suite), runs.search, work.path());
  if (!plan.stored.task.altered.empty())
    fail(ErrorKind::config, "{}: {}", printable(request.suite.native()), task_sentence(plan.stored.task));
  {
    const ResultsFolder kept(plan, work.path() / "task");
    compute_references(plan, kept.store(), runs);
  }
  if (!task.commitment.empty()) {
    const fs::path folder = work.path() / "hidden";
    make_folder(folder);
    make_hidden_data(request, task.commitment, folder);
    const Plan hidden =
        make_plan(read_suite(work.path() / "task" / "suite.toml", (folder / kHiddenData).string()),
                  runs.search, work.path());
    const Store store(folder);
    compute_references(hidden, store, runs);
    store.write_plan(hidden.stored);
  }
  board.add_task(task, [&] {
    if (!task.commitment.empty()) keep_folder(work.path() / "hidden", board.hidden_folder(task.name));
    keep_folder(work.path() / "task", board.task_folder(task.name));
  });
  return task;
}

Plan plan_of_task(const Board& board, const BoardTask& task, bool hidden,
                  const std::vector<RowSettings>& rows, const PluginSearch& search, const fs::path& cache) {
  const std::string data = hidden ? (board.hidden_folder(task.name) / kHiddenData).string() : task.dataset;
  Suite suite = read_suite(board.task_folder(task.name) / "suite.toml", data);
  suite.rows = rows;
  return make_plan(std::move(suite), search, cache);
}

ReportPlan kept_plan(const Board& board, const BoardTask& task, bool hidden) {
  const fs::path folder = hidden ? board.hidden_folder(task.name) : board.task_folder(task.name);
  auto plan = Store(folder).read_plan();
  if (!plan) fail(ErrorKind::io, "{}: no suite.json", printable(folder.native()));
  return std::move(*plan);
}

std::vector<Disagreement> plan_differences(const ReportPlan& task, const ReportPlan& theirs) {
  std::vector<Disagreement> found;
  find_differences(bare(theirs), bare(task), 0, "suite.json", kDifferencesShown, found);
  return found;
}

}  // namespace offload
