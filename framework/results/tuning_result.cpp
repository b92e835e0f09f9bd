#include "results/tuning_result.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/error.hpp"
#include "results/parameters_json.hpp"

namespace offload {
namespace {

using nlohmann::json;

constexpr std::size_t kCellsMost = 10'000, kSweptMost = 1000;

// Of one candidate: what is better is greater.
struct Merit {
  bool within = true;           // the budgets, as the measure asks
  std::int64_t violations = 0;  // where they count
  double reward = 0;

  bool above(const Merit& other) const {
    if (within != other.within) return within;
    if (violations != other.violations) return violations < other.violations;
    return reward > other.reward;
  }
};

Merit merit_of(const TunedCandidate& candidate, const TuningResult& tuning, bool budgets, double most) {
  Merit merit;
  const auto cells = static_cast<double>(candidate.reward.size());
  merit.reward = std::accumulate(candidate.reward.begin(), candidate.reward.end(), 0.0) / cells;
  if (!budgets) return merit;
  merit.violations =
      std::accumulate(candidate.violations.begin(), candidate.violations.end(), std::int64_t{0});
  merit.within =
      static_cast<double>(merit.violations) <= most * cells * static_cast<double>(tuning.validation_episodes);
  if (merit.within) merit.violations = 0;
  return merit;
}

}  // namespace

std::optional<std::size_t> best_candidate(const TuningResult& tuning, const std::string& measure,
                                          double max_violation_rate) {
  const bool budgets = measure == "reward within budgets";
  std::optional<std::size_t> best;
  Merit most;
  for (std::size_t i = 0; i < tuning.candidates.size(); ++i) {
    const TunedCandidate& candidate = tuning.candidates[i];
    if (!candidate.failure.empty()) continue;
    const Merit merit = merit_of(candidate, tuning, budgets, max_violation_rate);
    if (best && !merit.above(most)) continue;
    best = i;
    most = merit;
  }
  return best;
}

json written(const TunedCandidate& candidate) {
  json value = {{"name", candidate.name},
                {"parameters", written(candidate.parameters)},
                {"reward", candidate.reward},
                {"violations", candidate.violations},
                {"steps", candidate.steps}};
  if (!candidate.failure.empty()) value["failure"] = candidate.failure;
  return value;
}

json written(const TuningResult& tuning) {
  json candidates = json::array();
  for (const TunedCandidate& candidate : tuning.candidates) candidates.push_back(written(candidate));
  return {{"validation_episodes", tuning.validation_episodes},
          {"chosen", tuning.chosen},
          {"candidates", std::move(candidates)}};
}

TunedCandidate read_candidate(const CheckedJson& value) {
  TunedCandidate candidate;
  candidate.name = value.at("name").text(kLongTextMax);
  candidate.parameters = read_parameters(value.at("parameters"));
  if (value.has("failure")) candidate.failure = value.at("failure").text(kLongTextMax);
  const CheckedJson reward = value.at("reward"), violations = value.at("violations");
  const std::size_t cells = reward.array_size(kCellsMost);
  candidate.reward = reward.numbers(cells, -std::numeric_limits<double>::infinity());
  if (violations.array_size(kCellsMost) != cells) violations.refuse("as many counts as rewards");
  for (std::size_t c = 0; c < cells; ++c)
    candidate.violations.push_back(violations.at(c).integer(0, kCountMax));
  if ((cells == 0) != !candidate.failure.empty()) value.refuse("rewards, or why there are none");
  candidate.steps = value.at("steps").integer(0, kCountMax);
  return candidate;
}

TuningResult read_tuning(const CheckedJson& value) {
  TuningResult tuning;
  tuning.validation_episodes = value.at("validation_episodes").integer(0, kCountMax);
  const CheckedJson candidates = value.at("candidates");
  const std::size_t count = candidates.array_size(kSweptMost);
  for (std::size_t i = 0; i < count; ++i) tuning.candidates.push_back(read_candidate(candidates.at(i)));
  tuning.chosen =
      static_cast<std::size_t>(value.at("chosen").integer(0, static_cast<std::int64_t>(count) - 1));
  return tuning;
}

}  // namespace offload
