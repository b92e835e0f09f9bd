#include "verify/replay.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "plugin/instance.hpp"
#include "suite/experiment.hpp"

namespace offload {
namespace {

constexpr std::size_t kMismatchesShown = 20;

// Tolerances of the golden files: scores and associations relative, totals absolute.
constexpr double kScoreTolerance = 1e-6;
constexpr double kAssociationTolerance = 1e-9;
constexpr double kLatencyTolerance_s = 1e-8;
constexpr double kCostTolerance_usd = 1e-11;
constexpr double kRewardTolerance = 1e-9;

class Replay {
 public:
  Replay(const ReplayFile& file, EpisodeTable data, const ReplaySettings& settings,
         const std::filesystem::path& reward_library)
      : file_(file),
        scenario_(std::move(data), with_compat(file.scenario, settings.compat)),
        environment_(plugin_environment(scenario_, 0, 0)),
        reward_(reward_library, file.weights, environment_),
        split_(id_split(scenario_.data(), "ids", file.train_ids, file.test_ids, file.name)),
        training_model_(world() ? nullptr : make_response_model(settings.model, scenario_, split_.train, {})),
        lens_(world() ? kTableLens : settings.lens, world() ? kExactModel : settings.model, scenario_,
              split_.train, split_.test, {}),
        compare_scores_(world() || settings.model == "knn") {
    for (std::size_t e = 0; e < scenario_.data().episodes(); ++e) index_[scenario_.data().id[e]] = e;
    for (std::size_t i = 0; i < split_.test.size(); ++i) test_position_[split_.test[i]] = i;
  }

  ReplayResult run() {
    for (std::size_t i = 0; i < file_.evaluation.size(); ++i) evaluate(i);
    for (std::size_t i = 0; i < file_.training.size(); ++i) train(i);
    return std::move(result_);
  }

 private:
  // Outcomes are looked up, whatever model was asked for.
  bool world() const { return scenario_.world() != nullptr; }
  static ScenarioSettings with_compat(ScenarioSettings settings, const std::string& compat) {
    settings.compat = compat_preset(compat);
    return settings;
  }
  std::size_t find(std::int64_t id, const std::string& place) const;
  void evaluate(std::size_t i);
  void train(std::size_t i);
  void compare_turn(const std::string& place, const ReferenceTurn& reference, const TurnOutcome& outcome,
                    const History& history);
  void compare_training(const std::string& place, const ReferenceTurn& reference, const TurnOutcome& outcome,
                        const History& history);
  void compare_observation(const std::string& place, const ReferenceTurn& reference, const History& history);
  void compare(const std::string& place, const ReferenceTurn& reference, const char* key, double ours,
               double tolerance, bool relative);
  void note(const std::string& place, const std::string& what, double difference, bool matches,
            const std::string& fact);

  const ReplayFile& file_;
  Scenario scenario_;
  offload_environment environment_;
  RewardInstance reward_;
  Split split_;
  std::unique_ptr<ResponseModel> training_model_;
  Lens lens_;
  bool compare_scores_;
  std::unordered_map<std::int64_t, std::size_t> index_;
  std::unordered_map<std::size_t, std::size_t> test_position_;
  ReplayResult result_;
};

std::size_t Replay::find(std::int64_t id, const std::string& place) const {
  const auto found = index_.find(id);
  if (found == index_.end()) {
    fail(ErrorKind::data, "{}: {}: episode {} is not in {}", file_.name, place, id, scenario_.data().source);
  }
  return found->second;
}

void Replay::note(const std::string& place, const std::string& what, double difference, bool matches,
                  const std::string& fact) {
  double& largest = result_.comparison.largest[what];
  if (!(difference <= largest)) largest = difference;
  if (matches) return;
  ++result_.comparison.mismatched;
  if (result_.comparison.mismatches.size() < kMismatchesShown) {
    result_.comparison.mismatches.push_back(fmt::format("{}: {}: {}", place, what, fact));
  }
}

void Replay::compare(const std::string& place, const ReferenceTurn& reference, const char* key, double ours,
                     double tolerance, bool relative) {
  const auto found = reference.value.find(key);
  if (found == reference.value.end()) return;
  const double theirs = found->second;
  double difference = std::abs(ours - theirs);
  if (relative && theirs != 0) difference /= std::abs(theirs);
  note(place, key, difference, difference <= tolerance,
       fmt::format("{} where the reference has {}", ours, theirs));
}

void Replay::compare_observation(const std::string& place, const ReferenceTurn& reference,
                                 const History& history) {
  if (reference.observation.empty()) return;
  std::vector<double> frames(static_cast<std::size_t>(scenario_.layout().frames()));
  scenario_.layout().write_frames(history, frames.data());
  const bool same = frames == reference.observation;
  note(place, "obs", same ? 0 : 1, same, "the window of frames differs");
}

void Replay::compare_turn(const std::string& place, const ReferenceTurn& reference,
                          const TurnOutcome& outcome, const History& history) {
  ++result_.comparison.steps;
  compare_observation(place, reference, history);
  compare(place, reference, "association_raw", outcome.association_raw, kAssociationTolerance, true);
  compare(place, reference, "association_normalized", outcome.association, kAssociationTolerance, true);
  compare(place, reference, "episode_latency_s", from_amount(outcome.total[0], 0), kLatencyTolerance_s,
          false);
  compare(place, reference, "episode_cost_usd", from_amount(outcome.total[1], 1), kCostTolerance_usd, false);
  const auto remaining = [&](int k) {
    return from_amount(file_.limit[static_cast<std::size_t>(k)] - outcome.total[static_cast<std::size_t>(k)],
                       k);
  };
  if (file_.limit[0] != kUnlimited) {
    compare(place, reference, "remaining_latency_s", remaining(0), kLatencyTolerance_s, false);
  }
  if (file_.limit[1] != kUnlimited) {
    compare(place, reference, "remaining_cost_usd", remaining(1), kCostTolerance_usd, false);
  }
  if (compare_scores_) {
    compare(place, reference, "score_tie_mean", outcome.quality, kScoreTolerance, true);
  }
  const auto reward = reference.value.find("reward_reference_eval");
  const auto score = reference.value.find("score_reference");
  if (reward == reference.value.end() || score == reference.value.end()) return;
  const double ours = outcome.reward - outcome.quality, theirs = reward->second - score->second;
  note(place, "reward_minus_score", std::abs(ours - theirs), std::abs(ours - theirs) <= kRewardTolerance,
       fmt::format("{} where the reference has {}", ours, theirs));
}

// The reference's training reward used one arbitrary choice among tied neighbours.
void Replay::compare_training(const std::string& place, const ReferenceTurn& reference,
                              const TurnOutcome& outcome, const History& history) {
  ++result_.comparison.steps;
  compare_observation(place, reference, history);
  if (!compare_scores_) return;
  compare(place, reference, "score_tie_mean", outcome.quality, kScoreTolerance, true);
  const auto& value = reference.value;
  if (!value.contains("reward_reference_train") || !value.contains("score_low") ||
      !value.contains("score_high"))
    return;
  const double score = value.at("reward_reference_train") - (outcome.reward - outcome.quality);
  const double low = value.at("score_low"), high = value.at("score_high");
  const double outside = std::max({0.0, low - score, score - high});
  note(place, "training_score_outside", outside, outside <= kRewardTolerance,
       fmt::format("its reward less our other terms is {}, outside [{}, {}]", score, low, high));
}

void Replay::evaluate(std::size_t i) {
  const ReplayEpisode& episode = file_.evaluation[i];
  const std::string place = fmt::format("/evaluation/{}", i);
  const std::size_t e = find(episode.episode_id, place);
  const auto length = static_cast<std::size_t>(scenario_.data().length(e));
  if (episode.actions.size() != length) {
    fail(ErrorKind::data, "{}: {}: {} for episode {}, which has {}", file_.name, place,
         counted(episode.actions.size(), "action"), episode.episode_id, counted(length, "turn"));
  }
  const auto position = test_position_.find(e);
  if (position == test_position_.end()) {
    fail(ErrorKind::data, "{}: {}: episode {} is not among test_ids", file_.name, place, episode.episode_id);
  }
  const auto outcomes =
      score_decisions(scenario_, lens_.outcomes(position->second), reward_, e, episode.actions, file_.limit,
                      scenario_.compat().raw_evaluation_association);
  for (std::size_t t = 0; t < length; ++t) {
    result_.evaluation.push_back({episode.episode_id, static_cast<int>(t), outcomes[t]});
    if (episode.reference.empty()) continue;
    compare_turn(fmt::format("{}/steps/{}", place, t), episode.reference[t], outcomes[t],
                 scenario_.history(e, static_cast<int>(t), episode.actions));
  }
}

void Replay::train(std::size_t i) {
  const ReplayTrainingStep& step = file_.training[i];
  const std::string place = fmt::format("/training/{}", i);
  if (world()) {
    fail(ErrorKind::data, "{}: {}: a training step starts from a logged state, and {} has none; leave it out",
         file_.name, place, scenario_.data().source);
  }
  const std::size_t e = find(step.episode_id, place);
  if (step.turn >= scenario_.data().length(e)) {
    fail(ErrorKind::data, "{}: {}: turn {} of episode {}, which has {}", file_.name, place, step.turn,
         step.episode_id, counted(scenario_.data().length(e), "turn"));
  }
  const auto logged =
      scenario_.data().action.subspan(scenario_.data().turn(e, 0), static_cast<std::size_t>(step.turn));
  std::vector<std::uint16_t> actions(logged.begin(), logged.end());
  actions.push_back(step.action);
  const auto outcomes = score_decisions(scenario_, *training_model_, reward_, e, actions, file_.limit, false);
  result_.training.push_back({step.episode_id, step.turn, outcomes.back()});
  if (step.reference.value.empty()) return;
  compare_training(place, step.reference, outcomes.back(), scenario_.logged_history(e, step.turn));
}

nlohmann::ordered_json step_json(const ReplayFile& file, const ReplayStep& step) {
  const TurnOutcome& outcome = step.outcome;
  const auto remaining = [&](std::size_t k) {
    return file.limit[k] == kUnlimited
               ? nlohmann::ordered_json(nullptr)
               : nlohmann::ordered_json(from_amount(file.limit[k] - outcome.total[k], static_cast<int>(k)));
  };
  return {{"episode_id", step.episode_id},
          {"turn", step.turn},
          {"action", outcome.action},
          {"score", outcome.quality},
          {"association_raw", outcome.association_raw},
          {"association_normalized", outcome.association},
          {"episode_latency_s", from_amount(outcome.total[0], 0)},
          {"episode_cost_usd", from_amount(outcome.total[1], 1)},
          {"remaining_latency_s", remaining(0)},
          {"remaining_cost_usd", remaining(1)},
          {"reward", outcome.reward}};
}

}  // namespace

ReplayResult replay(const ReplayFile& file, EpisodeTable data, const ReplaySettings& settings,
                    const std::filesystem::path& reward_library) {
  return Replay(file, std::move(data), settings, reward_library).run();
}

std::string to_json(const ReplayFile& file, const ReplayResult& result) {
  nlohmann::ordered_json json;
  json["steps"] = nlohmann::ordered_json::array();
  for (const ReplayStep& step : result.evaluation) json["steps"].push_back(step_json(file, step));
  json["training"] = nlohmann::ordered_json::array();
  for (const ReplayStep& step : result.training) json["training"].push_back(step_json(file, step));
  json["comparison"] = {{"steps_compared", result.comparison.steps},
                        {"mismatches", result.comparison.mismatched},
                        {"largest_difference", result.comparison.largest},
                        {"first_mismatches", result.comparison.mismatches}};
  return json.dump(1);
}

}  // namespace offload
