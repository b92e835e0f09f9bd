// Whether an agent remembers test episodes from one evaluation to the next. What it decides in a pass must be
// what it decides there when it has seen no other: fresh copies of the trained agent against used ones.
#include <algorithm>
#include <chrono>
#include <string>

#include "check/checks.hpp"
#include "check/practice.hpp"
#include "check/shifted_clock.hpp"
#include "process/copies/copy.hpp"
#include "remote/placed.hpp"

namespace offload {
namespace {

// Training steps of the shipped suites: an agent may behave where it is told of others.
constexpr std::int64_t kSuiteSteps[] = {10'000, 30'000};
// Seconds by which the clocks go on between the eras of an evaluation.
constexpr std::int64_t kEras_s[] = {0, 30, 3600, 2 * 86400};
// Passes per era in every cell; with the single ones some 5,000 calls in all, more than a trial makes.
constexpr std::uint64_t kPasses = 8, kSinglePasses = 2;

constexpr std::uint64_t kFirstPass = 1;
// An agent that learns so slowly is not trained for three times as long again.
constexpr double kLongTraining_s = 5;

// A copy of this process would share an agent's own process with it.
bool can_be_copied(const PluggedIn& plugin) { return single_threaded() && !plugin.apart(); }

// By new processes that load its policy or checkpoint, as in isolated trials.
std::vector<Actions> restored_decisions(const PluggedIn& plugin, AnyAgent& agent, Practice& practice) {
  std::vector<Actions> fresh;
  const std::string saved = agent.has_policy() ? agent.save_policy() : agent.save_checkpoint();
  for (std::size_t cell = 0; cell < Practice::cells(); ++cell) {
    PlacedAgent restored(plugin, {}, practice.environment());
    agent.has_policy() ? restored.load_policy(saved) : restored.load_checkpoint(saved);
    fresh.push_back(practice.evaluate(restored, cell, kFirstPass));
  }
  return fresh;
}

// In every cell: as decided by a copy that sees nothing else; where the process cannot be copied by an agent
// from the checkpoint or, without one, in the first cell alone, by the agent before it sees anything else.
std::vector<Actions> fresh_decisions(const PluggedIn& plugin, AnyAgent& agent, Practice& practice) {
  std::vector<Actions> fresh;
  if (!can_be_copied(plugin)) {
    if (agent.has_policy() || agent.has_checkpoint()) return restored_decisions(plugin, agent, practice);
    return {practice.evaluate(agent, 0, kFirstPass)};
  }
  for (std::size_t cell = 0; cell < Practice::cells(); ++cell) {
    const std::string bytes =
        run_in_copy([&] { return bytes_of(practice.evaluate(agent, cell, kFirstPass)); });
    fresh.push_back(list_of<std::int32_t>(bytes));
  }
  return fresh;
}

void see_much(AnyAgent& agent, Practice& practice) {
  for (std::size_t cell = 0; cell < Practice::cells(); ++cell) {
    for (std::uint64_t pass = kFirstPass; pass <= kPasses; ++pass) practice.evaluate(agent, cell, pass);
    for (std::uint64_t pass = kFirstPass; pass <= kSinglePasses; ++pass)
      practice.evaluate(agent, cell, pass, 1);
  }
}

// Returns the seconds that training took.
double used_as_fresh(const PluggedIn& plugin, std::int64_t steps) {
  Practice practice(steps);
  PlacedAgent agent(plugin, {}, practice.environment());
  const auto start = std::chrono::steady_clock::now();
  practice.train(agent);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  const std::vector<Actions> fresh = fresh_decisions(plugin, agent, practice);
  for (const std::int64_t era_s : kEras_s) {
    shift_clocks(era_s);
    see_much(agent, practice);
    for (std::size_t cell = 0; cell < fresh.size(); ++cell) {
      const Actions used = practice.evaluate(agent, cell, kFirstPass);
      const auto at = std::ranges::mismatch(used, fresh[cell]).in1;
      require(at == used.end(),
              "evaluated again, the agent decides otherwise than a copy of it that saw no evaluation before "
              "(decision {} of {}): it remembers from one evaluation to the next",
              at - used.begin(), used.size());
    }
  }
  return taken.count();
}

}  // namespace

std::string remembers_nothing(const PluggedIn& plugin) {
  ask_for_one_thread();
  double taken_s = 0;
  for (const std::int64_t steps : kSuiteSteps) {
    if (taken_s > kLongTraining_s) break;
    if (single_threaded()) {
      const auto body = [&] { return std::to_string(used_as_fresh(plugin, steps)); };
      taken_s = std::stod(run_in_copy(body));
    } else {
      taken_s = used_as_fresh(plugin, steps);
    }
  }
  return {};
}

}  // namespace offload
