#include "learning/actor_critic_agent.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "learning/choice.hpp"
#include "learning/machine.hpp"
#include "learning/sealed.hpp"

namespace offload::learning {

namespace {

// Streams of the environment's seed.
constexpr std::uint64_t kInitialise = 1;
constexpr std::uint64_t kShuffle = 2;

std::size_t size(int n) { return static_cast<std::size_t>(n); }

}  // namespace

ActorCriticAgent::Own ActorCriticAgent::read_own(ParameterReader& parameters, OnPolicy algorithm) {
  const bool ppo = algorithm == OnPolicy::ppo;
  Own own = {};
  own.ppo = ppo;
  own.n_steps = static_cast<int>(
      parameters.integer("n_steps", ppo ? 2048 : 5, {1, 1 << 24}, "steps of each slot between updates"));
  if (ppo) {
    own.batch_size =
        static_cast<int>(parameters.integer("batch_size", 64, {1, 1 << 20}, "steps in a minibatch"));
    own.n_epochs = static_cast<int>(parameters.integer("n_epochs", 10, {1, 10000}, "passes over a rollout"));
    own.clip_range = parameters.number("clip_range", 0.2, {0, 1e6},
                                       "how far the probability ratio may move from 1 and still earn");
  }
  own.gae_lambda = parameters.number("gae_lambda", ppo ? 0.95 : 1, {0, 1},
                                     "bias against variance of the advantages; 1: whole returns");
  own.ent_coef = parameters.number("ent_coef", 0, {0, 1e6}, "weight of the entropy in the loss");
  own.vf_coef =
      parameters.number("vf_coef", 0.5, {0, 1e6}, "weight of the critics' squared error in the loss");
  own.normalize_advantage =
      parameters.boolean("normalize_advantage", ppo,
                         "advantages of a minibatch to mean 0 and deviation 1 (not with lagrangian)");
  return own;
}

std::vector<offload_network> ActorCriticAgent::shapes(const Environment& environment, const Encoder& encoder,
                                                      const Constraint& constraint) {
  // A policy of one action still has two outputs: a single one is laid out as a critic's.
  std::vector<offload_network> networks = {
      {encoder.inputs(), std::max(2, environment.actions()), OFFLOAD_TANH}};
  const int critics = 1 + (constraint.lagrangian() ? environment.budgets() : 0);
  networks.insert(networks.end(), size(critics), {encoder.inputs(), 1, OFFLOAD_TANH});
  return networks;
}

ActorCriticAgent::ActorCriticAgent(const Environment& environment, ParameterReader& parameters,
                                   OnPolicy algorithm)
    : environment_(environment),
      settings_(read_settings(parameters, {algorithm == OnPolicy::ppo ? 3e-4 : 7e-4, 0.5})),
      own_(read_own(parameters, algorithm)),
      constraint_(read_constraint(parameters, algorithm == OnPolicy::ppo ? 1 : 2048)),
      encoder_(environment, settings_.encoding),
      compute_(make_compute(settings_)),
      store_(shapes(environment, encoder_, constraint_)),
      multipliers_(constraint_, environment.budgets()),
      random_(stream(environment.seed(), kShuffle)),
      last_(),
      x_(size(encoder_.inputs())),
      y_(size(store_.stride(0))) {
  constraint_.cost_gae_lambda = parameters.number("cost_gae_lambda", constraint_.cost_gae_lambda, {0, 1},
                                                  "lagrangian: gae_lambda of the cost critics");
  use_one_thread();
  Random random(stream(environment.seed(), kInitialise));
  const auto root = static_cast<float>(std::sqrt(2.0));
  store_.initialise_orthogonal(0, {root, root, 0.01f}, random);
  for (int k = 0; k < critics(); ++k) store_.initialise_orthogonal(1 + k, {root, root, 1}, random);
  for (int k = 0; k < environment.budgets(); ++k) {
    budget_names_.push_back("multiplier_" + std::to_string(k));
    budget_names_.push_back("mean_cost_" + std::to_string(k));
  }
}

void ActorCriticAgent::act(const View& view, Mode mode, std::span<std::int32_t> action) {
  const std::span<const float> logits(y_.data(), size(environment_.actions()));
  for (int i = 0; i < view.size(); ++i) {
    // Row by row, so that no bit of a choice depends on the other rows.
    encoder_.encode(view.observation(i), x_.data());
    compute_->forward(store_, 0, 1, x_.data(), y_.data());
    const std::uint8_t* mask = constraint_.shield ? view.mask(i).data() : nullptr;
    Random random(view.rng(i));
    action[size(i)] = mode == Mode::evaluate ? greedy(logits, mask) : sample(logits, mask, random);
  }
}

void ActorCriticAgent::observe(const Transition& step) {
  if (constraint_.lagrangian()) multipliers_.observe(step);
  for (int i = 0; i < step.size(); ++i) {
    Steps& steps = rollout_.slot(step.before().slot(i));
    steps.x.resize(steps.x.size() + x_.size());
    encoder_.encode(step.before().observation(i), steps.x.data() + steps.x.size() - x_.size());
    steps.next_x.resize(x_.size());
    encoder_.encode(step.after().observation(i), steps.next_x.data());
    if (constraint_.shield) {
      const auto mask = step.before().mask(i);
      steps.mask.insert(steps.mask.end(), mask.begin(), mask.end());
    }
    steps.action.push_back(step.action(i));
    steps.reward.push_back(static_cast<float>(learning_reward(constraint_, step, i)));
    steps.terminal.push_back(step.terminal(i));
    if (constraint_.lagrangian()) {
      for (int k = 0; k < environment_.budgets(); ++k) {
        steps.cost.push_back(static_cast<float>(cost_fraction(step, i, k)));
      }
    }
    steps.excess.push_back(constraint_.penalty() ? static_cast<float>(excess(step, i)) : 0);
  }
  steps_ += step.size();
}

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

// The columns that `learn` reads, of these rows.
ActorCriticAgent::Lesson ActorCriticAgent::pick(const Lesson& lesson,
                                                std::span<const std::int32_t> rows) const {
  Lesson batch;
  const auto take = [rows](const auto& from, auto& to, std::size_t width) {
    to.resize(from.empty() ? 0 : rows.size() * width);
    if (to.empty()) return;
    auto next = to.begin();
    for (const std::int32_t row : rows) {
      next = std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(size(row) * width), width, next);
    }
  };
  take(lesson.steps.x, batch.steps.x, x_.size());
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
                         std::reduce(lesson.steps.excess.begin(), lesson.steps.excess.end(), 0.0) /
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

std::int64_t ActorCriticAgent::update() {
  const bool over = steps_ >= environment_.training_steps();
  if (rollout_.rows() == 0 || (rollout_.longest() < own_.n_steps && !over)) return 0;
  if (constraint_.lagrangian()) multipliers_.update(steps_);
  const Lesson lesson = prepare();
  rollout_.clear();
  last_ = {};
  last_count_ = 0;
  const double rate = scheduled_rate(settings_, steps_, environment_.training_steps());
  std::vector<std::int32_t> order(lesson.steps.action.size());
  std::iota(order.begin(), order.end(), 0);
  if (!own_.ppo) {
    learn(pick(lesson, order), rate);
    return last_count_;
  }
  for (int epoch = 0; epoch < own_.n_epochs; ++epoch) {
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random_.below(i)]);
    for (std::size_t from = 0; from < order.size(); from += size(own_.batch_size)) {
      const std::size_t count = std::min(size(own_.batch_size), order.size() - from);
      learn(pick(lesson, std::span(order).subspan(from, count)), rate);
    }
  }
  return last_count_;
}

std::string ActorCriticAgent::layout() const {
  return std::string(name()) + "/1 " + settings_.encoding + " actions " +
         std::to_string(environment_.actions()) + " networks " + store_.describe() +
         (constraint_.shield ? " shield" : "") + (constraint_.lagrangian() ? " lagrangian" : "");
}

void ActorCriticAgent::save(CheckpointWriter& out) const {
  save_sealed(out, layout(), [this](CheckpointWriter& to) {
    store_.save(to);
    multipliers_.save(to);
    rollout_.save(to);
    to.value(random_);
    to.value(steps_);
    to.value(updates_);
    to.value(last_);
    to.value(last_count_);
  });
}

void ActorCriticAgent::load(CheckpointReader& in) {
  load_sealed(in, layout(), [this](CheckpointReader& from) {
    store_.load(from);
    multipliers_.load(from);
    rollout_.load(from);
    from.bytes(&random_, sizeof random_);
    from.bytes(&steps_, sizeof steps_);
    from.bytes(&updates_, sizeof updates_);
    from.bytes(&last_, sizeof last_);
    from.bytes(&last_count_, sizeof last_count_);
  });
}

std::vector<Scalar> ActorCriticAgent::scalars() const {
  const auto mean = [this](double sum) {
    return last_count_ > 0 ? sum / last_count_ : std::numeric_limits<double>::quiet_NaN();
  };
  std::vector<Scalar> all = {{"loss", mean(last_.loss)},
                             {"policy_loss", mean(last_.policy)},
                             {"value_loss", mean(last_.value)},
                             {"entropy", mean(last_.entropy)},
                             {"gradient_norm", mean(last_.gradient_norm)},
                             {"learning_rate", mean(last_.learning_rate)},
                             {"penalty", mean(last_.penalty)}};
  if (own_.ppo) {
    all.push_back({"approx_kl", mean(last_.kl)});
    all.push_back({"clip_fraction", mean(last_.clip_fraction)});
  }
  if (constraint_.lagrangian()) {
    for (std::size_t k = 0; k < multipliers_.values().size(); ++k) {
      all.push_back({budget_names_[2 * k].c_str(), multipliers_.values()[k]});
      all.push_back({budget_names_[2 * k + 1].c_str(), multipliers_.mean_costs()[k]});
    }
  }
  all.push_back({"kernel_bits", static_cast<double>(compute_->vector_bits())});
  all.push_back({"blas_is_openblas", blas_is_openblas() ? 1.0 : 0.0});
  return all;
}

}  // namespace offload::learning
