#include "trial/passes.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>
#include <type_traits>

#include "core/error.hpp"
#include "trial/evaluation_pass.hpp"
#include "trial/values/exact_value.hpp"

namespace offload {
namespace {

constexpr std::size_t kTimedDecisions = 2000;
// Not timed: a new process meets its memory for the first time.
constexpr std::size_t kUntimedDecisions = 20;

class Bytes {
 public:
  template <typename Value>
  void add(const Value& value) {
    static_assert(std::is_trivially_copyable_v<Value>);
    text_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

class BytesReader {
 public:
  explicit BytesReader(std::string_view text) : text_(text) {}
  template <typename Value>
  Value take() {
    Value value{};
    if (text_.size() < sizeof value) fail(ErrorKind::plugin, "an evaluation's answer was cut off");
    std::memcpy(&value, text_.data(), sizeof value);
    text_.remove_prefix(sizeof value);
    return value;
  }
  // A count of things that take at least `bytes` each.
  std::size_t count(std::size_t bytes) {
    const auto n = take<std::uint64_t>();
    if (n > text_.size() / bytes) fail(ErrorKind::plugin, "an evaluation's answer was cut off");
    return n;
  }

 private:
  std::string_view text_;
};

}  // namespace

std::string to_bytes(const PassAnswer& answer) {
  Bytes bytes;
  bytes.add(std::uint64_t{answer.decisions.size()});
  for (const auto& episode : answer.decisions) {
    bytes.add(std::uint64_t{episode.size()});
    for (const std::uint16_t action : episode) bytes.add(action);
  }
  bytes.add(answer.mean_reward);
  bytes.add(answer.value.has_value());
  bytes.add(answer.value.value_or(PolicyValue{}));
  bytes.add(answer.act_us);
  return bytes.take();
}

PassAnswer pass_answer_from(std::string_view text) {
  BytesReader bytes(text);
  PassAnswer answer;
  answer.decisions.resize(bytes.count(sizeof(std::uint64_t)));
  for (auto& episode : answer.decisions) {
    episode.resize(bytes.count(sizeof(std::uint16_t)));
    for (std::uint16_t& action : episode) action = bytes.take<std::uint16_t>();
  }
  answer.mean_reward = bytes.take<double>();
  const bool known = bytes.take<bool>();
  const auto value = bytes.take<PolicyValue>();
  if (known) answer.value = value;
  answer.act_us = bytes.take<std::array<double, 3>>();
  return answer;
}

Passes::Passes(const Experiment& experiment, const Split& split, std::span<const std::uint32_t> tests,
               const ResponseModel* planning, const StepOutcomes& outcomes, RewardModel& reward,
               const Drifts& drifts)
    : experiment_(experiment),
      scenario_(experiment.scenario_of(split)),
      split_(split),
      tests_(tests),
      planning_(planning),
      outcomes_(outcomes),
      reward_(reward),
      drifts_(drifts),
      causal_model_(planning ? fit_causal_model(scenario_, split.train) : CausalModel()) {}

void Passes::prepare(const Pass& pass) {
  if (order_ && pass == prepared_) return;
  const bool walks = pass.kind == Pass::Kind::walk;
  order_.emplace(experiment_, split_, pass, walks ? 0 : episodes_of(pass).size());
  prepared_ = pass;
}

PassAnswer Passes::run(const Pass& pass, AnyAgent& agent, int first_slot) {
  prepare(pass);
  PassAnswer answer;
  if (pass.kind == Pass::Kind::cell || pass.kind == Pass::Kind::calibration)
    decide(pass, agent, first_slot, answer);
  if (pass.kind == Pass::Kind::walk) walk(pass, agent, first_slot, answer);
  if (pass.kind == Pass::Kind::timing) time(pass, agent, first_slot, answer);
  return answer;
}

std::span<const std::uint32_t> Passes::episodes_of(const Pass& pass) const {
  return pass.kind == Pass::Kind::calibration ? std::span(split_.calibration) : tests_;
}

void Passes::decide(const Pass& pass, AnyAgent& agent, int first_slot, PassAnswer& answer) {
  const auto episodes = episodes_of(pass);
  const int slots = static_cast<int>(std::min<std::size_t>(episodes.size(), kEvaluationSlots));
  EvaluationPass tests(episodes, experiment_.cells[pass.cell].limit, pass.margin_percent, *order_);
  const Scenario& scenario =
      pass.drift >= 0 ? drifts_.scenario(static_cast<std::size_t>(pass.drift)) : scenario_;
  // Answers score there as at home; what they are charged follows from the scenario or its table.
  const StepOutcomes outcomes = scenario.world() ? StepOutcomes(*scenario.world()) : outcomes_;
  BatchEnvironment environment(scenario, outcomes, reward_, tests, &tests,
                               BatchEnvironment::Purpose::evaluation, slots, first_slot);
  std::vector<std::int32_t> action(static_cast<std::size_t>(slots));
  while (environment.view().n > 0) {
    agent.act(environment.view(), OFFLOAD_EVALUATE, action.data(), &environment);
    environment.step({action.data(), static_cast<std::size_t>(environment.view().n)});
  }
  answer.decisions = std::move(tests.decisions());
  answer.mean_reward = tests.mean_reward();
}

void Passes::walk(const Pass& pass, AnyAgent& agent, int first_slot, PassAnswer& answer) {
  if (!planning_) return;
  WalkedEpisodes walked{tests_, {}};
  answer.value = exact_value(scenario_, *planning_, causal_model_, reward_, agent,
                             experiment_.cells[pass.cell].limit, first_slot, order_->seed(), walked);
  answer.decisions = std::move(walked.actions);
}

// One decision at a time, as on a device that serves one user.
void Passes::time(const Pass& pass, AnyAgent& agent, int first_slot, PassAnswer& answer) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> times_us;
  EvaluationPass tests(tests_, experiment_.cells[pass.cell].limit, pass.margin_percent, *order_);
  BatchEnvironment environment(scenario_, outcomes_, reward_, tests, nullptr,
                               BatchEnvironment::Purpose::evaluation, 1, first_slot);
  while (environment.view().n > 0 && times_us.size() < kUntimedDecisions + kTimedDecisions) {
    std::int32_t action = 0;
    const auto start = Clock::now();
    agent.act(environment.view(), OFFLOAD_EVALUATE, &action, &environment);
    times_us.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
    environment.step({&action, 1});
  }
  if (times_us.size() > 2 * kUntimedDecisions) {
    times_us.erase(times_us.begin(), times_us.begin() + kUntimedDecisions);
  }
  std::sort(times_us.begin(), times_us.end());
  const double quantiles[] = {.5, .95, .99};
  for (std::size_t i = 0; i < 3; ++i) {
    // Of fewer decisions it would be their largest, not a percentile.
    const bool enough = static_cast<double>(times_us.size()) * (1 - quantiles[i]) >= 1;
    answer.act_us[i] =
        !enough ? std::numeric_limits<double>::quiet_NaN()
                : times_us[static_cast<std::size_t>(quantiles[i] * static_cast<double>(times_us.size() - 1))];
  }
}

}  // namespace offload
