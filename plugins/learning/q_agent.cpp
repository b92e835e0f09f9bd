#include "learning/q_agent.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "learning/sealed.hpp"

namespace offload::learning {

namespace {

offload_network shape(const Environment& environment, const Encoder& encoder, const Constraint& constraint,
                      int hidden) {
  const int heads = 1 + (constraint.lagrangian() ? environment.budgets() : 0);
  return {encoder.inputs(), heads * environment.actions(), OFFLOAD_RELU, hidden};
}

}  // namespace

QAgent::Own QAgent::read_own(ParameterReader& parameters) {
  constexpr std::int64_t most = std::int64_t{1} << 40;
  Own own = {};
  own.buffer_size = parameters.integer("buffer_size", 1'000'000, {1, 100'000'000},
                                       "transitions kept; no more than training has steps are allocated");
  own.learning_starts =
      parameters.integer("learning_starts", 100, {0, most}, "steps of random actions before learning");
  own.batch_size =
      static_cast<int>(parameters.integer("batch_size", 32, {1, 1 << 20}, "transitions per gradient step"));
  own.tau = parameters.number("tau", 1, {0, 1}, "how far the target network moves at an update; 1: a copy");
  own.train_freq = parameters.integer("train_freq", 4, {1, most}, "steps between trainings");
  own.gradient_steps =
      static_cast<int>(parameters.integer("gradient_steps", 1, {1, 10000}, "gradient steps per training"));
  own.target_update_interval =
      parameters.integer("target_update_interval", 10'000, {1, most}, "steps between target updates");
  own.exploration_fraction = parameters.number("exploration_fraction", 0.1, {0, 1},
                                               "part of training over which random actions become rarer");
  own.exploration_initial_eps =
      parameters.number("exploration_initial_eps", 1, {0, 1}, "probability of a random action at the start");
  own.exploration_final_eps =
      parameters.number("exploration_final_eps", 0.05, {0, 1}, "probability of a random action at the end");
  return own;
}

QAgent::QAgent(const Environment& environment, ParameterReader& parameters)
    : environment_(environment),
      settings_(read_settings(parameters, {1e-4, 10})),
      own_(read_own(parameters)),
      constraint_(read_constraint(parameters, 2048)),
      sight_(environment, parameters, settings_.features),
      encoder_(environment, settings_.encoding, settings_.frames, sight_.features()),
      compute_(make_compute(settings_)),
      store_({shape(environment, encoder_, constraint_, settings_.hidden)}),
      target_({shape(environment, encoder_, constraint_, settings_.hidden)}),
      multipliers_(constraint_, environment.budgets()),
      replay_(size(std::min(own_.buffer_size, std::max<std::int64_t>(1, environment.training_steps()))),
              encoder_, environment.actions(), constraint_.shield,
              constraint_.lagrangian() ? environment.budgets() : 0),
      random_(stream(environment.seed(), kReplay)),
      x_(size(encoder_.inputs()) * size(scratch_rows())),
      q_(size(store_.stride(0)) * size(scratch_rows())),
      combined_(actions()),
      cost_(size(environment.budgets())),
      picked_(size(own_.batch_size)),
      action_(size(own_.batch_size)),
      targets_(size(heads()), std::vector<float>(size(own_.batch_size))) {
  batch_ = {own_.batch_size, environment.actions(), x_.data(), action_.data(), {}};
  for (const std::vector<float>& target : targets_) batch_.targets.push_back(target.data());
  Random random(stream(environment.seed(), kInitialise));
  store_.initialise_uniform(0, random);
  std::ranges::copy(store_.values(), target_.values().begin());
  const double none = std::numeric_limits<double>::quiet_NaN();
  last_ = {none, none, none, none};
}

double QAgent::exploration_rate() const {
  const double done = static_cast<double>(steps_) /
                      static_cast<double>(std::max<std::int64_t>(1, environment_.training_steps()));
  if (done >= own_.exploration_fraction) return own_.exploration_final_eps;
  return own_.exploration_initial_eps +
         done / own_.exploration_fraction * (own_.exploration_final_eps - own_.exploration_initial_eps);
}

int QAgent::best(const float* q, const std::uint8_t* mask) {
  if (heads() == 1) return greedy({q, actions()}, mask);
  std::copy_n(q, actions(), combined_.begin());
  for (int k = 1; k < heads(); ++k) {
    const auto multiplier = static_cast<float>(multipliers_.values()[size(k - 1)]);
    for (std::size_t a = 0; a < actions(); ++a) combined_[a] -= multiplier * q[size(k) * actions() + a];
  }
  return greedy(combined_, mask);
}

void QAgent::act(const View& view, Mode mode, std::span<std::int32_t> action) {
  const int most = compute_->alike_rows();
  for (int from = 0; from < view.size(); from += most) {
    const int rows = std::min(most, view.size() - from);
    if (mode == Mode::explore) {
      explore(view, from, rows, action);
      continue;
    }
    const float* x = encoder_.encode_all(sight_.of_all(view, from, rows, room_), rows, x_.data());
    const int decided =
        rows > 1 && heads() == 1 && !constraint_.shield
            ? compute_->decide(store_, 0, rows, x, environment_.actions(), &action[size(from)])
            : 0;
    if (decided == rows) continue;
    compute_->forward(store_, 0, rows - decided, x + decided * encoder_.inputs(), q_.data());
    for (int i = decided; i < rows; ++i)
      action[size(from + i)] = best(q_.data() + (i - decided) * store_.stride(0), mask_of(view, from + i));
  }
}

// Only rows that do not act at random cost a forward.
void QAgent::explore(const View& view, int from, int rows, std::span<std::int32_t> action) {
  const double epsilon = steps_ < own_.learning_starts ? 1 : exploration_rate();
  thoughtful_.clear();
  for (int i = from; i < from + rows; ++i) {
    Random random(view.rng(i));
    if (random.uniform() < epsilon) {
      action[size(i)] = uniform(environment_.actions(), mask_of(view, i), random);
      continue;
    }
    encoder_.encode(sight_.of(view, i, room_), x_.data() + thoughtful_.size() * size(encoder_.inputs()));
    thoughtful_.push_back(i);
  }
  if (thoughtful_.empty()) return;
  compute_->forward(store_, 0, static_cast<int>(thoughtful_.size()), x_.data(), q_.data());
  float* q = q_.data();
  for (const int i : thoughtful_) {
    action[size(i)] = best(q, mask_of(view, i));
    q += store_.stride(0);
  }
}

void QAgent::observe(const Transition& step) {
  if (constraint_.lagrangian()) multipliers_.observe(step);
  for (int i = 0; i < step.size(); ++i) {
    for (int k = 0; k < environment_.budgets(); ++k) cost_[size(k)] = cost_fraction(step, i, k);
    replay_.push({sight_.of(step.before(), i, room_), sight_.of(step.after(), i, next_room_),
                  step.after().mask(i), cost_, step.action(i),
                  static_cast<float>(learning_reward(constraint_, step, i)),
                  constraint_.penalty() ? static_cast<float>(excess(step, i)) : 0, step.terminal(i)});
  }
  steps_ += step.size();
}

void QAgent::pick_rows() {
  for (std::size_t& row : picked_) {
    row = static_cast<std::size_t>(random_.below(replay_.size()));
    replay_.prefetch(row, !keeps_values());
  }
}

// What the target network makes of the next states of the picked rows, where it is not known from before:
// with it, as more rows at a time are cheaper, that of their neighbours, where every row will be read before
// the target changes.
void QAgent::value_next_states() {
  constexpr std::size_t together = 16;
  const double reads = static_cast<double>(own_.target_update_interval) /
                       static_cast<double>(own_.train_freq) * own_.gradient_steps * own_.batch_size;
  const std::size_t block = reads >= static_cast<double>(replay_.size()) ? together : 1;
  asked_.clear();
  for (const std::size_t picked : picked_) {
    if (known(picked)) continue;
    const std::size_t first = picked / block * block;
    for (std::size_t row = first; row < std::min(first + block, replay_.size()); ++row) {
      if (known(row)) continue;
      replay_.keep_next_value(row, target_number_, 0);  // so that it is asked for once
      asked_.push_back(row);
      if (asked_.size() == size(scratch_rows())) ask_target();
    }
  }
  ask_target();
}

void QAgent::ask_target() {
  if (asked_.empty()) return;
  const std::size_t inputs = size(encoder_.inputs());
  float* x = x_.data();
  for (const std::size_t row : asked_) x = std::copy_n(replay_.next_x(row), inputs, x);
  compute_->forward(target_, 0, static_cast<int>(asked_.size()), x_.data(), q_.data());
  const float* q = q_.data();
  for (const std::size_t row : asked_) {
    replay_.keep_next_value(row, target_number_, q[best(q, replay_.next_mask(row))]);
    q += store_.stride(0);
  }
  asked_.clear();
}

// A row's value does not depend on the others' only where they are computed alike; with several heads the
// best action changes with the multipliers.
bool QAgent::keeps_values() const { return compute_->alike_rows() > 1 && heads() == 1; }

bool QAgent::known(std::size_t row) const {
  return replay_.terminal(row) || replay_.next_value(row, target_number_);
}

void QAgent::fill_targets() {
  if (!keeps_values()) return fill_targets_anew();
  value_next_states();
  const auto gamma = static_cast<float>(settings_.gamma);
  for (std::size_t i = 0; i < picked_.size(); ++i) {
    const std::size_t row = picked_[i];
    const float next = replay_.terminal(row) ? 0 : gamma * *replay_.next_value(row, target_number_);
    targets_[0][i] = replay_.reward(row) + next;
  }
}

// From the target network's values of the next states. Beyond an end there is none, so its row is left out
// where that changes no other's bits.
void QAgent::fill_targets_anew() {
  const std::size_t inputs = size(encoder_.inputs());
  const auto forwarded = [this](std::size_t row) {
    return !replay_.terminal(row) || compute_->alike_rows() == 1;
  };
  int rows = 0;
  for (const std::size_t row : picked_) {
    if (forwarded(row)) std::copy_n(replay_.next_x(row), inputs, x_.data() + size(rows++) * inputs);
  }
  compute_->forward(target_, 0, rows, x_.data(), q_.data());
  const float* q = q_.data();
  const auto gamma = static_cast<float>(settings_.gamma);
  for (std::size_t i = 0; i < picked_.size(); ++i) {
    const std::size_t row = picked_[i];
    const bool over = replay_.terminal(row);
    const std::size_t chosen = over ? 0 : size(best(q, replay_.next_mask(row)));
    targets_[0][i] = replay_.reward(row) + (over ? 0 : gamma * q[chosen]);
    for (std::size_t k = 1; k < targets_.size(); ++k) {
      targets_[k][i] = replay_.cost(row, k - 1) + (over ? 0 : gamma * q[k * actions() + chosen]);
    }
    if (forwarded(row)) q += store_.stride(0);
  }
}

// By now the rows, far apart in memory, have arrived.
void QAgent::fill_batch() {
  const std::size_t inputs = size(encoder_.inputs());
  for (std::size_t i = 0; i < picked_.size(); ++i) {
    std::copy_n(replay_.x(picked_[i]), inputs, x_.data() + i * inputs);
    action_[i] = replay_.action(picked_[i]);
  }
}

void QAgent::learn() {
  pick_rows();
  fill_targets();
  fill_batch();
  double penalty = 0;
  for (const std::size_t row : picked_) penalty += replay_.excess(row);
  // A constant: TMO's penalty changes the loss's value and no gradient.
  penalty *= constraint_.penalty_weight / own_.batch_size;
  const double loss = compute_->q_gradient(store_, batch_) + penalty;
  const double rate = scheduled_rate(settings_, steps_, environment_.training_steps());
  const double norm =
      compute_->optimise(store_, {Optimiser::Kind::adam, 1e-8, settings_.max_grad_norm}, rate);
  require_finite("rc-dqn", loss, norm, ++updates_, steps_);
  last_ = {loss, norm, rate, penalty};
}

void QAgent::update_target() {
  const auto tau = static_cast<float>(own_.tau);
  const std::span<const float> from = store_.values();
  const std::span<float> to = target_.values();
  if (++target_number_ == 0) target_number_ = 1;
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = tau == 1 ? from[i] : (1 - tau) * to[i] + tau * from[i];
}

std::int64_t QAgent::update() {
  std::int64_t done = 0;
  // Step by step, so that several slots do what is due at the same steps as one.
  while (handled_steps_ < steps_) {
    ++handled_steps_;
    if (handled_steps_ % own_.target_update_interval == 0) update_target();
    if (handled_steps_ <= own_.learning_starts || handled_steps_ % own_.train_freq != 0) continue;
    for (int i = 0; i < own_.gradient_steps; ++i) learn();
    done += own_.gradient_steps;
  }
  if (constraint_.lagrangian()) multipliers_.update(steps_);
  return done;
}

std::string QAgent::layout() const {
  return "rc-dqn/2 " + settings_.encoding + " actions " + std::to_string(environment_.actions()) +
         " networks " + store_.describe() + (constraint_.shield ? " shield" : "") +
         (constraint_.lagrangian() ? " lagrangian" : "");
}

void QAgent::save(CheckpointWriter& out) const {
  save_sealed(out, layout(), [this](CheckpointWriter& to) {
    store_.save(to);
    target_.save(to);
    multipliers_.save(to);
    replay_.save(to);
    to.value(random_);
    for (const std::int64_t number : {steps_, handled_steps_, updates_}) to.value(number);
    to.value(last_);
  });
}

void QAgent::load(CheckpointReader& in) {
  load_sealed(in, layout(), [this](CheckpointReader& from) {
    store_.load(from);
    target_.load(from);
    ++target_number_;
    multipliers_.load(from);
    replay_.load(from);
    from.bytes(&random_, sizeof random_);
    for (std::int64_t* number : {&steps_, &handled_steps_, &updates_}) *number = from.value<std::int64_t>();
    from.bytes(&last_, sizeof last_);
  });
}

void QAgent::save_policy(CheckpointWriter& out) const {
  save_sealed(out, layout() + " policy", [this](CheckpointWriter& to) {
    store_.save(to);
    multipliers_.save(to);
  });
}

void QAgent::load_policy(CheckpointReader& in) {
  load_sealed(in, layout() + " policy", [this](CheckpointReader& from) {
    store_.load(from);
    multipliers_.load(from);
  });
}

std::vector<Scalar> QAgent::scalars() const {
  std::vector<Scalar> all = {{"loss", last_.loss},
                             {"gradient_norm", last_.gradient_norm},
                             {"learning_rate", last_.learning_rate},
                             {"penalty", last_.penalty},
                             {"exploration_rate", exploration_rate()}};
  if (constraint_.lagrangian()) multipliers_.append_scalars(all);
  for (const Scalar& scalar : compute_->scalars()) all.push_back(scalar);
  return all;
}

}  // namespace offload::learning
