#include "learning/actor_critic_agent.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "learning/choice.hpp"
#include "learning/sealed.hpp"

namespace offload::learning {

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
                                                      const Constraint& constraint, int hidden) {
  // A policy of one action still has two outputs: a single one is laid out as a critic's.
  std::vector<offload_network> networks = {
      {encoder.inputs(), std::max(2, environment.actions()), OFFLOAD_TANH, hidden}};
  const int critics = 1 + (constraint.lagrangian() ? environment.budgets() : 0);
  networks.insert(networks.end(), size(critics), {encoder.inputs(), 1, OFFLOAD_TANH, hidden});
  return networks;
}

ActorCriticAgent::ActorCriticAgent(const Environment& environment, ParameterReader& parameters,
                                   OnPolicy algorithm)
    : environment_(environment),
      settings_(read_settings(parameters, {algorithm == OnPolicy::ppo ? 3e-4 : 7e-4, 0.5})),
      own_(read_own(parameters, algorithm)),
      constraint_(read_constraint(parameters, algorithm == OnPolicy::ppo ? 1 : 2048)),
      sight_(environment, parameters, settings_.features),
      encoder_(environment, settings_.encoding, settings_.frames, sight_.features()),
      compute_(make_compute(settings_)),
      store_(shapes(environment, encoder_, constraint_, settings_.hidden)),
      multipliers_(constraint_, environment.budgets()),
      random_(stream(environment.seed(), kShuffle)),
      last_(),
      x_(size(encoder_.inputs()) * size(compute_->alike_rows())),
      y_(size(store_.stride(0)) * size(compute_->alike_rows())) {
  constraint_.cost_gae_lambda = parameters.number("cost_gae_lambda", constraint_.cost_gae_lambda, {0, 1},
                                                  "lagrangian: gae_lambda of the cost critics");
  Random random(stream(environment.seed(), kInitialise));
  const auto root = static_cast<float>(std::sqrt(2.0));
  store_.initialise_orthogonal(0, {root, root, 0.01f}, random);
  for (int k = 0; k < critics(); ++k) store_.initialise_orthogonal(1 + k, {root, root, 1}, random);
}

void ActorCriticAgent::act(const View& view, Mode mode, std::span<std::int32_t> action) {
  const int most = compute_->alike_rows();
  for (int from = 0; from < view.size(); from += most) {
    const int rows = std::min(most, view.size() - from);
    const float* x = encoder_.encode_all(sight_.of_all(view, from, rows, room_), rows, x_.data());
    const int decided =
        rows > 1 && mode == Mode::evaluate && !constraint_.shield
            ? compute_->decide(store_, 0, rows, x, environment_.actions(), &action[size(from)])
            : 0;
    if (decided == rows) continue;
    compute_->forward(store_, 0, rows - decided, x + decided * encoder_.inputs(), y_.data());
    for (int i = decided; i < rows; ++i) {
      const std::span<const float> logits(y_.data() + (i - decided) * store_.stride(0),
                                          size(environment_.actions()));
      const std::uint8_t* mask = constraint_.shield ? view.mask(from + i).data() : nullptr;
      Random random(view.rng(from + i));
      action[size(from + i)] = mode == Mode::evaluate ? greedy(logits, mask) : sample(logits, mask, random);
    }
  }
}

void ActorCriticAgent::observe(const Transition& step) {
  if (constraint_.lagrangian()) multipliers_.observe(step);
  for (int i = 0; i < step.size(); ++i) {
    Steps& steps = rollout_.slot(step.before().slot(i));
    const std::size_t inputs = size(encoder_.inputs());
    steps.x.resize(steps.x.size() + inputs);
    encoder_.encode(sight_.of(step.before(), i, room_), steps.x.data() + steps.x.size() - inputs);
    steps.next_x.resize(inputs);
    encoder_.encode(sight_.of(step.after(), i, room_), steps.next_x.data());
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
  Lesson batch;
  if (!own_.ppo) {
    learn(pick(lesson, order, batch), rate);
    return last_count_;
  }
  for (int epoch = 0; epoch < own_.n_epochs; ++epoch) {
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random_.below(i)]);
    for (std::size_t from = 0; from < order.size(); from += size(own_.batch_size)) {
      const std::size_t count = std::min(size(own_.batch_size), order.size() - from);
      learn(pick(lesson, std::span(order).subspan(from, count), batch), rate);
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
  if (constraint_.lagrangian()) multipliers_.append_scalars(all);
  for (const Scalar& scalar : compute_->scalars()) all.push_back(scalar);
  return all;
}

}  // namespace offload::learning
