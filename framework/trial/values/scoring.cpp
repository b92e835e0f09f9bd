#include "trial/values/scoring.hpp"

#include <offload/random.hpp>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "trial/values/exact_value.hpp"
#include "trial/values/world_values.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kMixPurpose = 0x6d6978;  // "mix"

}  // namespace

Scoring::Scoring(const Experiment& experiment, const Split& split, std::span<const std::uint32_t> tests,
                 RewardModel& reward)
    : Scoring(experiment, experiment.scenario_of(split), split, tests, reward) {}

Scoring::Scoring(const Experiment& experiment, const Scenario& scenario, const Split& split,
                 std::span<const std::uint32_t> tests, RewardModel& reward)
    : experiment_(experiment),
      scenario_(scenario),
      split_(split),
      tests_(tests),
      reward_(reward),
      training_values_(experiment.cells.size()),
      test_values_(experiment.cells.size()) {
  if (experiment.suite.evaluation.log) judge_.emplace(experiment, split, tests, reward);
}

CellResult Scoring::replayed(std::size_t cell, const std::vector<std::vector<std::uint16_t>>& decisions,
                             const std::optional<CellMargin>& margin) const {
  const Amounts& limit = experiment_.cells[cell].limit;
  const std::size_t actions = static_cast<std::size_t>(scenario_.actions().size());
  CellResult result;
  result.cell = experiment_.cells[cell].name;
  result.decisions = decisions;
  result.margin = margin;
  std::vector<std::uint8_t> mask(actions);
  for (std::size_t i = 0; i < tests_.size(); ++i) {
    if (decisions[i].size() != static_cast<std::size_t>(scenario_.data().length(tests_[i]))) {
      fail(ErrorKind::data, "{} for episode {}, which has {}", counted(decisions[i].size(), "decision"),
           scenario_.data().id[tests_[i]], counted(scenario_.data().length(tests_[i]), "turn"));
    }
    Amounts spent{}, reported{};
    EpisodeFlag flag = EpisodeFlag::none;
    for (std::size_t t = 0; t < decisions[i].size(); ++t) {
      const std::uint16_t action = decisions[i][t];
      if (action >= actions) fail(ErrorKind::data, "action {} is outside 0..{}", action, actions - 1);
      const std::size_t first = scenario_.data().turn(tests_[i], 0);
      const auto masked = [&](const Amounts& by) {
        return scenario_.mask(first, static_cast<int>(t), decisions[i].front(), spent, by, mask.data());
      };
      if (!mask_with_margin(limit, margin ? margin->margin_percent : 0, masked) &&
          flag == EpisodeFlag::none) {
        flag = t == 0 ? EpisodeFlag::infeasible : EpisodeFlag::departed;
      }
      result.masked_actions += mask[action] == 0;
      const bool counted =
          !scenario_.compat().totals_within_window || static_cast<int>(t) <= scenario_.layout().window();
      const Amounts charged = scenario_.world() ? scenario_.world()->at(first + t, action).amounts
                                                : scenario_.consumption().of_action(action);
      for (std::size_t k = 0; k < kResources; ++k) {
        spent[k] += charged[k];
        if (counted) reported[k] = spent[k];
      }
    }
    result.latency_s.push_back(from_amount(reported[0], 0));
    result.cost_usd.push_back(from_amount(reported[1], 1));
    result.flag.push_back(flag);
  }
  return result;
}

std::optional<StaticMix> Scoring::mix_of(std::size_t cell, const CellResult& result,
                                         const ResponseModel& planning) {
  if (constants_.empty()) {
    constants_ = constant_actions(scenario_, planning, reward_, split_.train, experiment_.cells);
  }
  StaticMix mix = static_mix(scenario_, constants_[cell], result.decisions);
  if (mix.probability.empty()) return std::nullopt;
  return mix;
}

std::optional<StaticMix> Scoring::world_mix_of(std::size_t cell, const CellResult& result) {
  std::vector<double>& training = training_values_[cell];
  if (training.empty()) {
    training = world_rewards(scenario_, reward_, split_.train, experiment_.cells[cell].limit);
  }
  return world_mix(scenario_, training, split_.train, result);
}

void Scoring::score(std::span<std::vector<CellResult>* const> trials) {
  for (std::vector<CellResult>* cells : trials) {
    for (CellResult& cell : *cells) count_tasks(cell);
  }
  const EvaluationSettings& evaluation = experiment_.suite.evaluation;
  std::vector<View> views;
  for (const std::string& lens : evaluation.lenses) {
    for (const std::string& model : evaluation.models) {
      views.push_back({lens, model, {lens, model, scenario_, split_.train, tests_, experiment_.truth}});
    }
  }
  for (std::vector<CellResult>* cells : trials) {
    for (std::size_t c = 0; c < cells->size(); ++c) {
      try {
        score_cell(c, views, (*cells)[c]);
        if (judge_) (*cells)[c].log = judge_->verdict(c, (*cells)[c]);
      } catch (const Error& error) {
        throw Error(error.kind(),
                    fmt::format("cell '{}': {}", printable(experiment_.cells[c].name), error.what()));
      }
    }
  }
}

void Scoring::score_cell(std::size_t c, const std::vector<View>& views, CellResult& cell) {
  const Amounts& limit = experiment_.cells[c].limit;
  std::optional<MixDraws> mix;
  const std::uint64_t mix_seed = stream(split_.stream_of(experiment_.suite.seed), kMixPurpose);
  if (cell.mix && scenario_.world() != nullptr) {
    cell.mix->violation_rate = mix_violations(scenario_, tests_, limit, cell.mix->probability, mix_seed);
  } else if (cell.mix) {
    mix = draw_mix(scenario_, tests_, limit, cell.mix->probability, kMixRollouts, mix_seed);
    cell.mix->violation_rate = mix->violation_rate;
  }
  for (const View& view : views) {
    EpisodeScores scores = scores_of(c, cell, view.lens);
    scores.lens = view.name;
    scores.model = view.model;
    if (cell.mix) add_mix_rewards(c, view.lens, mix, cell, scores);
    cell.scores.push_back(std::move(scores));
  }
}

void Scoring::add_mix_rewards(std::size_t c, const Lens& lens, const std::optional<MixDraws>& draws,
                              const CellResult& cell, EpisodeScores& scores) {
  const Amounts& limit = experiment_.cells[c].limit;
  if (draws) {
    const MixRun run = score_mix(scenario_, lens, reward_, tests_, limit, *draws);
    for (const Estimate& estimate : run.reward) scores.mix_reward.push_back(estimate.value);
    return;
  }
  std::vector<double>& values = test_values_[c];
  if (values.empty()) values = world_rewards(scenario_, reward_, tests_, limit);
  scores.mix_reward = expected_mix_rewards(scenario_, values, tests_, cell.mix->probability);
}

EpisodeScores Scoring::scores_of(std::size_t cell, const CellResult& result, const Lens& lens) {
  const bool raw = scenario_.compat().raw_evaluation_association;
  const std::vector<double> zeros(tests_.size());
  const std::vector<double> no_tasks(static_cast<std::size_t>(scenario_.tasks()));
  EpisodeScores scores = {{}, {}, zeros, zeros, zeros, {}, no_tasks, no_tasks};
  for (std::size_t i = 0; i < tests_.size(); ++i) {
    const auto turns = score_decisions(scenario_, lens.outcomes(i), reward_, tests_[i], result.decisions[i],
                                       experiment_.cells[cell].limit, raw);
    const double share = 1 / static_cast<double>(turns.size());
    for (std::size_t t = 0; t < turns.size(); ++t) {
      const TurnOutcome& turn = turns[t];
      scores.reward[i] += turn.reward * share;
      scores.quality[i] += turn.quality * share;
      scores.association[i] += (raw ? turn.association_raw : turn.association) * share;
      const std::size_t task = scenario_.data().task[scenario_.data().turn(tests_[i], static_cast<int>(t))];
      scores.task_reward[task] += turn.reward;
      scores.task_quality[task] += turn.quality;
    }
  }
  return scores;
}

void Scoring::count_tasks(CellResult& result) const {
  const EpisodeTable& data = scenario_.data();
  result.task_actions.assign(static_cast<std::size_t>(scenario_.tasks()),
                             std::vector<std::int64_t>(static_cast<std::size_t>(scenario_.actions().size())));
  for (std::size_t i = 0; i < tests_.size(); ++i) {
    for (std::size_t t = 0; t < result.decisions[i].size(); ++t) {
      ++result.task_actions[data.task[data.turn(tests_[i], static_cast<int>(t))]][result.decisions[i][t]];
    }
  }
}

}  // namespace offload
