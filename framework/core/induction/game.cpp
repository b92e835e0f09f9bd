#include "core/induction/game.hpp"

#include <numeric>

#include "core/error.hpp"

namespace offload {
namespace {

void normalize(std::span<double> values) {
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  for (double& value : values) value /= sum;
}

// Adds a turn's associations to rows [actions].
void add_associations(const Scenario& scenario, std::size_t turn, double* raw, double* normalized) {
  const std::span<const double> scores = scenario.data().associations(turn);
  for (int a = 0; a < scenario.actions().size(); ++a) {
    const Association value = association(scores, scenario.actions().images(a));
    raw[a] += value.raw;
    normalized[a] += value.normalized;
  }
}

// Sums [tasks][actions] and how many turns entered each task's to means; a task without turns takes the mean
// over all turns.
void to_means(std::vector<double>& sums, std::span<const double> count, std::size_t actions) {
  std::vector<double> overall(actions);
  for (std::size_t i = 0; i < sums.size(); ++i) overall[i % actions] += sums[i];
  const double all = std::accumulate(count.begin(), count.end(), 0.0);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const double turns = count[i / actions];
    sums[i] = turns > 0 ? sums[i] / turns : overall[i % actions] / all;
  }
}

}  // namespace

double CausalModel::reached(int turn) const {
  return std::accumulate(length.begin() + turn, length.end(), 0.0);
}

double CausalModel::weight(int turn) const {
  double sum = 0;
  for (int t = turn; t < turns_max; ++t) sum += length[static_cast<std::size_t>(t)] / (t + 1);
  const double probability = reached(turn);
  return probability > 0 ? sum / probability : 1.0 / (turn + 1);
}

double CausalModel::goes_on(int turn) const {
  const double probability = reached(turn);
  return probability > 0 ? reached(turn + 1) / probability : 0;
}

CausalModel fit_causal_model(const Scenario& scenario, std::span<const std::uint32_t> train) {
  if (train.empty()) fail(ErrorKind::config, "the oracles need at least one training episode");
  const EpisodeTable& data = scenario.data();
  const auto tasks = static_cast<std::size_t>(scenario.tasks());
  const auto actions = static_cast<std::size_t>(scenario.actions().size());
  CausalModel model{scenario.tasks(), scenario.turns_max(), scenario.actions().size(), {}, {}, {}, {}, {}};
  model.first.resize(tasks);
  model.transition.assign(tasks * tasks, 1);
  model.length.resize(static_cast<std::size_t>(model.turns_max));
  model.association_raw.resize(tasks * actions);
  model.association.resize(tasks * actions);
  std::vector<double> turns(tasks);
  for (const std::uint32_t e : train) {
    const int length = data.length(e);
    model.length[static_cast<std::size_t>(length - 1)] += 1;
    model.first[data.task[data.turn(e, 0)]] += 1;
    for (int t = 0; t < length; ++t) {
      const std::size_t turn = data.turn(e, t), task = data.task[turn];
      turns[task] += 1;
      if (t + 1 < length) model.transition[task * tasks + data.task[turn + 1]] += 1;
      add_associations(scenario, turn, &model.association_raw[task * actions],
                       &model.association[task * actions]);
    }
  }
  normalize(model.first);
  normalize(model.length);
  for (std::size_t c = 0; c < tasks; ++c) normalize(std::span(model.transition).subspan(c * tasks, tasks));
  to_means(model.association_raw, turns, actions);
  to_means(model.association, turns, actions);
  return model;
}

Game causal_game(const CausalModel& model) {
  Game game{{}, model.first};
  for (int t = 0; t < model.turns_max; ++t) {
    const bool last = t + 1 == model.turns_max;
    game.turns.push_back({0, model.tasks, model.weight(t), last ? 0 : model.goes_on(t),
                          last ? std::vector<double>{} : model.transition, model.association_raw,
                          model.association});
  }
  return game;
}

Game episode_game(const Scenario& scenario, std::size_t episode, bool raw_association) {
  const EpisodeTable& data = scenario.data();
  const auto actions = static_cast<std::size_t>(scenario.actions().size());
  const int length = data.length(episode);
  Game game{{}, {1}};
  for (int t = 0; t < length; ++t) {
    const std::size_t turn = data.turn(episode, t);
    const bool last = t + 1 == length;
    Game::Turn next{data.task[turn],
                    1,
                    1.0 / length,
                    last ? 0.0 : 1.0,
                    last ? std::vector<double>{} : std::vector<double>{1},
                    std::vector<double>(actions),
                    std::vector<double>(actions)};
    add_associations(scenario, turn, next.association_raw.data(), next.association.data());
    if (raw_association) next.association = next.association_raw;
    game.turns.push_back(std::move(next));
  }
  return game;
}

}  // namespace offload
