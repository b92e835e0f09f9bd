#include "data/dataset.hpp"
#include "files/checked_json.hpp"
#include "files/plain_file.hpp"
#include "verify/replay.hpp"

namespace offload {
namespace {

constexpr std::size_t kLargestReplay = std::size_t{256} << 20;
constexpr std::size_t kMostEpisodes = 10000000;
constexpr std::int64_t kMostActions = 1 + (std::int64_t{1} << kMaxModalities);

std::vector<std::int64_t> ids(const CheckedJson& list) {
  std::vector<std::int64_t> out;
  for (std::size_t i = 0; i < list.array_size(kMostEpisodes); ++i) {
    out.push_back(list.at(i).whole());
  }
  return out;
}

std::int64_t episode_id(const CheckedJson& entry) { return entry.at("episode_id").whole(); }

ReferenceTurn reference_turn(const CheckedJson& step) {
  static const char* const kValues[] = {"score_reference",
                                        "score_low",
                                        "score_high",
                                        "score_tie_mean",
                                        "association_raw",
                                        "association_normalized",
                                        "episode_latency_s",
                                        "episode_cost_usd",
                                        "remaining_latency_s",
                                        "remaining_cost_usd",
                                        "reward_reference_eval",
                                        "reward_reference_train"};
  ReferenceTurn turn;
  for (const char* name : kValues) {
    if (step.has(name)) turn.value[name] = step.at(name).number(-std::numeric_limits<double>::max());
  }
  if (step.has("obs")) {
    const CheckedJson values = step.at("obs");
    for (std::size_t i = 0; i < values.array_size(100000); ++i) {
      turn.observation.push_back(values.at(i).number(-std::numeric_limits<double>::max()));
    }
  }
  return turn;
}

ReplayEpisode episode(const CheckedJson& entry) {
  ReplayEpisode out;
  out.episode_id = episode_id(entry);
  const CheckedJson actions = entry.at("actions");
  for (std::size_t t = 0; t < actions.array_size(kTurnsMax); ++t) {
    out.actions.push_back(static_cast<std::uint16_t>(actions.at(t).whole(0, kMostActions - 1)));
  }
  if (!entry.has("steps")) return out;
  const CheckedJson steps = entry.at("steps");
  if (steps.array_size(kTurnsMax) != out.actions.size()) steps.refuse("one step per action");
  for (std::size_t t = 0; t < out.actions.size(); ++t) out.reference.push_back(reference_turn(steps.at(t)));
  return out;
}

void read_weights(const CheckedJson& weights, ReplayFile& file) {
  static const std::pair<const char*, const char*> kNames[] = {
      {"alpha", "quality"}, {"association", "association"}, {"latency", "latency"}, {"cost", "cost"}};
  for (const auto& [in_file, parameter] : kNames) {
    if (weights.has(in_file)) file.weights[parameter] = {weights.at(in_file).number(0), file.name};
  }
}

void read_environment(const CheckedJson& root, ReplayFile& file) {
  ProfileSettings& profile = file.scenario.profile;
  if (root.has("device")) profile.device = root.at("device").text(200);
  if (root.has("network")) profile.network = root.at("network").text(200);
  if (root.has("window")) file.scenario.window = static_cast<int>(root.at("window").whole(1, 64));
  if (root.has("neighbours") && root.at("neighbours").whole(1, 1000000) != KnnModel::kNeighbours) {
    root.at("neighbours").refuse("5, the only number of neighbours that the model has");
  }
  if (root.has("weights")) read_weights(root.at("weights"), file);
  const auto limit = [&root](const char* name, int resource) {
    if (!root.has(name) || root.at(name).value().is_null()) return kUnlimited;
    return to_amount(root.at(name).number(0), resource, name);
  };
  file.limit = {limit("latency_budget_s", 0), limit("cost_budget_usd", 1)};
  file.budgeted = file.limit[0] != kUnlimited || file.limit[1] != kUnlimited;
}

}  // namespace

ReplayFile read_replay(const std::filesystem::path& path) {
  ReplayFile file;
  file.name = path.string();
  const nlohmann::json json = parse_checked(read_bounded(path, kLargestReplay), file.name);
  const CheckedJson root(json, file.name);
  root.object();
  if (root.has("dataset")) {
    const std::string text = root.at("dataset").text(1000);
    file.dataset = text.substr(0, text.find(' '));
  }
  read_environment(root, file);
  file.train_ids = ids(root.at("train_ids"));
  file.test_ids = ids(root.at("test_ids"));
  const CheckedJson evaluation = root.at("evaluation");
  for (std::size_t i = 0; i < evaluation.array_size(kMostEpisodes); ++i) {
    file.evaluation.push_back(episode(evaluation.at(i)));
  }
  if (root.has("training")) {
    const CheckedJson training = root.at("training");
    for (std::size_t i = 0; i < training.array_size(kMostEpisodes); ++i) {
      const CheckedJson step = training.at(i);
      file.training.push_back({episode_id(step), static_cast<int>(step.at("turn").whole(0, kTurnsMax - 1)),
                               static_cast<std::uint16_t>(step.at("action").whole(0, kMostActions - 1)),
                               reference_turn(step)});
    }
  }
  return file;
}

}  // namespace offload
