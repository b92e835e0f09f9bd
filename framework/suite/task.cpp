#include "suite/task.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "files/checked_json.hpp"
#include "files/sha256.hpp"
#include "plugin/search.hpp"

namespace offload {

extern const char* const kEmbeddedTasks;

namespace {

constexpr const char* kSeed = "suite seed";

std::vector<Task> parse_tasks(const std::string& text) {
  const std::string file = "tasks.json";
  const nlohmann::json document = parse_checked(text, file);
  const CheckedJson root(document, file);
  std::vector<Task> tasks;
  for (const auto& [name, unused] : root.object()) {
    const CheckedJson entry = root.at(name.c_str());
    Task task{name, entry.at("summary").text(kLongTextMax), entry.at("sha256").text(kLongTextMax), {}, {}};
    const CheckedJson parts = entry.at("parts");
    for (const auto& [part, value] : parts.object())
      task.parts[part] = parts.at(part.c_str()).text(kLongTextMax);
    if (entry.has(kSeed)) task.unhashed[kSeed] = entry.at(kSeed).text(kLongTextMax);
    tasks.push_back(std::move(task));
  }
  return tasks;
}

std::string ids(const EpisodeTable& data, const std::vector<std::uint32_t>& episodes) {
  std::vector<std::int64_t> list;
  list.reserve(episodes.size());
  for (const std::uint32_t e : episodes) list.push_back(data.id[e]);
  return fmt::format("{}", fmt::join(list, ","));
}

std::string folds_text(const Experiment& experiment) {
  std::string text;
  for (const Split& split : experiment.splits) {
    const EpisodeTable& data = experiment.scenario_of(split).data();
    text += fmt::format("{} seed {} train {} test {}\n", split.name, split.seed, ids(data, split.train),
                        ids(data, split.test));
  }
  return fmt::format("{} splits, {}", experiment.splits.size(), sha256_of(text));
}

std::string environment_text(const Experiment& experiment) {
  const Compat& compat = experiment.environment().compat();
  const std::vector<int> quirks = {compat.logged_next_state,
                                   compat.evaluation_model_on_test,
                                   compat.raw_evaluation_association,
                                   compat.evaluation_with_replacement,
                                   compat.zero_reward_over_budget,
                                   compat.totals_within_window,
                                   static_cast<int>(compat.observation)};
  return fmt::format("window {}, at most {} turns, refusal [{}], quirks {}",
                     experiment.environment().layout().window(), experiment.environment().turns_max(),
                     fmt::join(experiment.suite.refusal.phrases, "|"), fmt::join(quirks, ""));
}

std::string profile_text(const Consumption& consumption) {
  std::string text = "ns and pico-USD by action kind:";
  for (int kind = 0; kind < consumption.kinds(); ++kind) {
    text += fmt::format(" {} {};", consumption.of_kind(kind)[0], consumption.of_kind(kind)[1]);
  }
  return text;
}

std::string world_text(const Suite& suite, const Experiment& experiment) {
  std::string text = fmt::format("declared {}, unknown {}, arms", suite.scenario.world.declared,
                                 suite.scenario.world.mask_unknown ? "masked" : "refused");
  const ActionSpace& actions = experiment.environment().actions();
  for (const Arm& arm : actions.arms()) text += fmt::format(" {}:{}", arm.name.size(), arm.name);
  return text;
}

std::string budgets_text(const std::vector<BudgetCell>& cells, const std::string& calls_of) {
  std::string text =
      calls_of.empty() ? "ns and pico-USD:" : fmt::format("ns and pico-calls of {}:", calls_of);
  const auto amount = [](std::int64_t limit) { return limit == kUnlimited ? "none" : std::to_string(limit); };
  for (const BudgetCell& cell : cells) {
    text += fmt::format(" {} {} {};", cell.name, amount(cell.limit[0]), amount(cell.limit[1]));
  }
  return text;
}

// Training is free, but for the truth: no method can have it.
std::string models_text(const Suite& suite) {
  std::string text = fmt::format("training {}, evaluation {}", suite.response_model,
                                 fmt::join(suite.evaluation.models, " "));
  for (const RowSettings& row : suite.rows) {
    const bool told = row.training.model == "true_mean" && suite.response_model != "true_mean";
    if (told) text += fmt::format(", row {} trained on the truth", printable(row.name));
  }
  return text;
}

// Another library may take a shipped reward's name.
bool shipped_as_it_is(const PluginInfo& reward) {
  const std::filesystem::path shipped = shipped_folder() / (reward.id + ".so");
  return !std::filesystem::exists(shipped) || sha256_of_file(shipped) == reward.sha256;
}

}  // namespace

const std::vector<Task>& official_tasks() {
  static const std::vector<Task> tasks = parse_tasks(kEmbeddedTasks);
  return tasks;
}

TaskParts task_parts(const Experiment& experiment, const PluginInfo& reward,
                     const ResolvedParameters& parameters) {
  const Suite& suite = experiment.suite;
  std::string reward_text = fmt::format("{} {}", reward.id, reward.version);
  for (const auto& [key, value] : parameters) reward_text += fmt::format(", {} = {}", key, to_text(value));
  if (!reward.sha256.empty() && !shipped_as_it_is(reward))
    reward_text += ", another library than the shipped one";
  TaskParts parts = {
      {"data", experiment.data_sha256},
      {"folds", folds_text(experiment)},
      {kSeed, std::to_string(suite.seed)},
      {"environment", environment_text(experiment)},
      {"profile", profile_text(experiment.environment().consumption())},
      {"budgets", budgets_text(experiment.cells, suite.scenario.world.calls_of)},
      {"reward", reward_text},
      {"models", models_text(suite)},
      {"lenses", fmt::format("{}", fmt::join(suite.evaluation.lenses, " "))},
      {"tier rule", fmt::format("joint violation rate at most {}", suite.evaluation.max_violation_rate)}};
  if (experiment.environment().world() != nullptr) parts["world"] = world_text(suite, experiment);
  if (!suite.data.hidden.empty()) parts["hidden"] = suite.data.hidden;
  if (const auto& margin = suite.evaluation.margin)
    parts["margin"] = fmt::format("share {}, calibration {}", margin->share, margin->calibration);
  if (const auto& log = suite.evaluation.log) parts["log"] = log->policy + ", " + log->model;
  return parts;
}

std::string task_hash(const TaskParts& parts) {
  std::string text = "offload-task/1\n";
  for (const auto& [name, value] : parts)
    text += fmt::format("{}: {} bytes: {}\n", name, value.size(), value);
  return sha256_of(text);
}

TaskParts hashed_parts(const std::string& name, TaskParts parts) {
  const auto task = std::ranges::find(official_tasks(), name, &Task::name);
  if (task == official_tasks().end()) return parts;
  std::erase_if(parts, [&](const auto& part) { return task->unhashed.contains(part.first); });
  return parts;
}

std::string task_sentence(const TaskClaim& task) {
  if (task.name.empty()) return {};
  if (task.altered.empty()) return fmt::format("this is {}, unaltered", task.name);
  return fmt::format("named {} but altered: {} differ", task.name, fmt::join(task.altered, ", "));
}

TaskClaim claimed_task(const std::string& suite_name, const TaskParts& parts) {
  const auto task = std::ranges::find(official_tasks(), suite_name, &Task::name);
  if (task == official_tasks().end()) return {};
  TaskClaim claim{task->name, std::stoi(task->name.substr(task->name.rfind("-v") + 2)), {}};
  TaskParts frozen = task->parts;
  frozen.insert(task->unhashed.begin(), task->unhashed.end());
  for (const auto& [name, value] : parts) {
    const auto found = frozen.find(name);
    if (found == frozen.end() || found->second != value) claim.altered.push_back(name);
  }
  return claim;
}

}  // namespace offload
