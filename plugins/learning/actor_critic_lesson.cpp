// What an actor-critic learns from a rollout: advantages, minibatches, gradient steps.
#include <algorithm>
#include <functional>
#include <numeric>

#include "learning/actor_critic_agent.hpp"
#include "learning/choice.hpp"

namespace offload::learning {

std::vector<float> ActorCriticAgent::critic_advantages(const Rollout::Flat& flat, int critic,
                                                       std::vector<float>& returns) {
  const Steps& steps = flat.steps;
  const std::size_t rows = steps.action.size();
  std::vector<float> reward = steps.reward;
  if (critic > 0) {
    const std::size_t budgets = size(environment_.budgets());
    for (std::size_t i = 0; i < rows; ++i) reward[i] = steps.cost[i * budgets + size(critic - 1)];
  }
  std::vector<float> value(rows);
  std::vector<float> last(flat.lengths.size());
  compute_->forward(store_, 1 + critic, static_cast<int>(rows), steps.x.data(), value.data());
  compute_->forward(store_, 1 + critic, static_cast<int>(last.size()), steps.next_x.data(), last.data());
  std::vector<float> advantage(rows);
  const double lambda = critic > 0 ? constraint_.cost_gae_lambda : own_.gae_lambda;
  std::size_t from = 0;
  for (std::size_t s = 0; s < last.size(); ++s) {
    const std::size_t count = size(flat.lengths[s]);
    generalised_advantages(std::span(reward).subspan(from, count), std::span(value).subspan(from, count),
                           std::span(steps.terminal).subspan(from, count), last[s], settings_.gamma, lambda,
                           std::span(advantage).subspan(from, count));
    from += count;
  }
  returns.resize(rows);
  std::ranges::transform(advantage, value, returns.begin(), std::plus<float>());
  return advantage;
}

void ActorCriticAgent::combine_advantages(std::vector<std::vector<float>>& advantages) const {
  standardise(advantages[0], true);
  for (std::size_t k = 1; k < advantages.size(); ++k) standardise(advantages[k], false);
  const double scale = 1 / (1 + multipliers_.sum());
  for (std::size_t i = 0; i < advantages[0].size(); ++i) {
    double combined = advantages[0][i];
    for (std::size_t k = 1; k < advantages.size(); ++k) {
      combined -= multipliers_.values()[k - 1] * advantages[k][i];
    }
    advantages[0][i] = static_cast<float>(combined * scale);
  }
}

void ActorCriticAgent::compute_old_log_probabilities(Lesson& lesson) {
  const Steps& steps = lesson.steps;
  const std::size_t stride = size(store_.stride(0));
  const std::size_t actions = size(environment_.actions());
  std::vector<float> logits(steps.action.size() * stride);
  compute_->forward(store_, 0, steps.rows(), steps.x.data(), logits.data());
  for (std::size_t i = 0; i < steps.action.size(); ++i) {
    const std::uint8_t* mask = constraint_.shield ? steps.mask.data() + i * actions : nullptr;
    lesson.old_log_probability.push_back(static_cast<float>(
        log_probability(std::span(logits).subspan(i * stride, actions), mask, steps.action[i])));
  }
}

ActorCriticAgent::Lesson ActorCriticAgent::prepare() {
  Rollout::Flat flat = rollout_.flatten();
  Lesson lesson;
  lesson.returns.resize(size(critics()));
  std::vector<std::vector<float>> advantages;
  for (int k = 0; k < critics(); ++k) {
    advantages.push_back(critic_advantages(flat, k, lesson.returns[size(k)]));
  }
  if (constraint_.lagrangian()) combine_advantages(advantages);
  lesson.advantage = std::move(advantages[0]);
  lesson.steps = std::move(flat.steps);
  if (own_.ppo) compute_old_log_probabilities(lesson);
  return lesson;
}

// The columns that `learn` reads, of these rows, in the memory of the batch before.
const ActorCriticAgent::Lesson& ActorCriticAgent::pick(const Lesson& lesson,
                                                       std::span<const std::int32_t> rows,
                                                       Lesson& batch) const {
  const auto take = [rows](const auto& from, auto& to, std::size_t width) {
    to.resize(from.empty() ? 0 : rows.size() * width);
    if (to.empty()) return;
    auto next = to.begin();
    for (const std::int32_t row : rows) {
      next = std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(size(row) * width), width, next);
    }
  };
  take(lesson.steps.x, batch.steps.x, size(encoder_.inputs()));
  take(lesson.steps.mask, batch.steps.mask, size(environment_.actions()));
  take(lesson.steps.action, batch.steps.action, 1);
  take(lesson.steps.excess, batch.steps.excess, 1);
  take(lesson.advantage, batch.advantage, 1);
  take(lesson.old_log_probability, batch.old_log_probability, 1);
  batch.returns.resize(lesson.returns.size());
  for (std::size_t k = 0; k < lesson.returns.size(); ++k) take(lesson.returns[k], batch.returns[k], 1);
  if (own_.normalize_advantage && !constraint_.lagrangian()) standardise(batch.advantage, true);
  return batch;
}

void ActorCriticAgent::learn(const Lesson& lesson, double learning_rate) {
  ActorCriticBatch batch;
  batch.rows = lesson.steps.rows();
  batch.actions = environment_.actions();
  batch.x = lesson.steps.x.data();
  batch.mask = constraint_.shield ? lesson.steps.mask.data() : nullptr;
  batch.action = lesson.steps.action.data();
  batch.advantage = lesson.advantage.data();
  batch.old_log_probability = own_.ppo ? lesson.old_log_probability.data() : nullptr;
  for (const std::vector<float>& returns : lesson.returns) batch.returns.push_back(returns.data());
  batch.clip_range = own_.clip_range;
  batch.ent_coef = own_.ent_coef;
  batch.vf_coef = own_.vf_coef;
  const ActorCriticLosses losses = compute_->actor_critic_gradient(store_, batch);
  // A constant: TMO's penalty changes the loss's value and no gradient.
  const double penalty = constraint_.penalty_weight *
                         std::accumulate(lesson.steps.excess.begin(), lesson.steps.excess.end(), 0.0) /
                         batch.rows;
  const double loss = losses.policy - own_.ent_coef * losses.entropy + own_.vf_coef * losses.value + penalty;
  const Optimiser optimiser = {own_.ppo ? Optimiser::Kind::adam : Optimiser::Kind::rmsprop, 1e-5,
                               settings_.max_grad_norm};
  const double norm = compute_->optimise(store_, optimiser, learning_rate);
  require_finite(name(), loss, norm, ++updates_, steps_);
  last_.loss += loss;
  last_.policy += losses.policy;
  last_.value += losses.value;
  last_.entropy += losses.entropy;
  last_.kl += losses.kl;
  last_.clip_fraction += losses.clip_fraction;
  last_.gradient_norm += norm;
  last_.learning_rate += learning_rate;
  last_.penalty += penalty;
  ++last_count_;
}

}  // namespace offload::learning
