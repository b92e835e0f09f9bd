#include <algorithm>

#include "check/checks.hpp"
#include "check/random_turns.hpp"
#include "check/sample_features.hpp"
#include "remote/placed.hpp"

namespace offload {
namespace {

constexpr int kEvaluationRows = 64;  // as many as SampleEnvironment evaluates at once
constexpr int kExploringRows = 256;
constexpr int kTrainingSteps = 2'200;  // beyond the first update of agents that collect 2,048
constexpr std::uint64_t kEpisodes = 3;

// What the agent does in whole episodes, [turn][row] one after the other.
Actions play(AnyAgent& agent, const offload_environment& e, int rows, std::uint64_t seed, std::int32_t mode) {
  Actions all;
  for (const SampleTurns& turns : episodes(agent, e, rows, seed, mode)) {
    const Actions action = act(agent, turns, mode);
    all.insert(all.end(), action.begin(), action.end());
  }
  return all;
}

Actions evaluate(AnyAgent& agent, const offload_environment& e) {
  Actions all;
  for (std::uint64_t seed = 90; seed < 90 + kEpisodes; ++seed) {
    const Actions some = play(agent, e, kEvaluationRows, seed, OFFLOAD_EVALUATE);
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

Actions train(AnyAgent& agent, const offload_environment& e) {
  Actions trace;
  Lesson(e).train(agent, kTrainingSteps, trace);
  return trace;
}

std::string trace_of(AnyAgent& agent, const offload_environment& e) {
  Actions trace = train(agent, e);
  const Actions evaluated = evaluate(agent, e);
  trace.insert(trace.end(), evaluated.begin(), evaluated.end());
  return bytes_of(trace);
}

std::string trace_of_new(const PluggedIn& plugin) {
  const SampleEnvironment environment;
  PlacedAgent agent(plugin, {}, environment.raw(), sample_world(environment.raw()));
  return trace_of(agent, environment.raw());
}

// With all that was learned, where it can be saved.
std::string learned_bits(const PluggedIn& plugin) {
  const SampleEnvironment environment;
  PlacedAgent agent(plugin, {}, environment.raw(), sample_world(environment.raw()));
  const std::string trace = trace_of(agent, environment.raw());
  return trace + (agent.has_checkpoint() ? agent.save_checkpoint() : "");
}

std::string portable_bits(const PluggedIn& plugin) {
  return same_bits_everywhere<PlacedAgent>(plugin, learned_bits);
}

void same_seed_same_trace(const PluggedIn& plugin) {
  const SampleEnvironment environment;
  PlacedAgent first(plugin, {}, environment.raw(), sample_world(environment.raw())),
      second(plugin, {}, environment.raw(), sample_world(environment.raw()));
  const Actions one = train(first, environment.raw()), other = train(second, environment.raw());
  const auto at = std::ranges::mismatch(one, other).in1;
  require(at == one.end(),
          "two runs with the same seed differ at training action {}; use view.rng and the seed",
          at - one.begin());
  require(evaluate(first, environment.raw()) == evaluate(second, environment.raw()),
          "two runs with the same seed differ when they are evaluated; use view.rng and the seed");
}

// The view of one row of a batch.
offload_view row_of(const SampleTurns& turns, std::size_t i) {
  const offload_environment& e = turns.e;
  const offload_view all = turns.view();
  const std::size_t k = i * SampleTurns::width(e.budgets);
  return {sizeof(offload_view),
          1,
          all.slot + i,
          all.first + i,
          all.rng + i,
          all.observation + i * SampleTurns::width(e.observation),
          all.mask + i * SampleTurns::width(e.actions),
          all.limit + k,
          all.spent + k};
}

// Batch by batch, the same once more, and row by row, the last one first.
void same_alone(AnyAgent& agent, const offload_environment& e, int rows, std::int32_t mode) {
  const char* const when = mode == OFFLOAD_EXPLORE ? "exploring, " : "";
  for (std::uint64_t seed = 1; seed <= kEpisodes; ++seed) {
    const Actions together = play(agent, e, rows, seed, mode);
    require(play(agent, e, rows, seed, mode) == together,
            "{}the same turns get other actions when they are asked for again; use view.rng", when);
    std::size_t at = 0;
    for (const SampleTurns& turns : episodes(agent, e, rows, seed, mode)) {
      for (std::size_t i = turns.n; i-- > 0;) {
        const offload_view row = row_of(turns, i);
        std::int32_t alone = 0;
        const SampleFeatures features(agent.query_features());
        agent.act(row, mode, &alone, &features);
        require(alone == together[at + i], "{}row {} gets action {} in a batch of {} and {} alone", when, i,
                together[at + i], turns.n, alone);
      }
      at += turns.n;
    }
  }
}

void independent_of_batching(const PluggedIn& plugin) {
  const SampleEnvironment environment;
  PlacedAgent agent(plugin, {}, environment.raw(), sample_world(environment.raw()));
  same_alone(agent, environment.raw(), kExploringRows, OFFLOAD_EXPLORE);
  train(agent, environment.raw());
  same_alone(agent, environment.raw(), kExploringRows, OFFLOAD_EXPLORE);
  same_alone(agent, environment.raw(), kEvaluationRows, OFFLOAD_EVALUATE);
}

void evaluation_changes_nothing(const PluggedIn& plugin) {
  const SampleEnvironment environment;
  PlacedAgent agent(plugin, {}, environment.raw(), sample_world(environment.raw())),
      other(plugin, {}, environment.raw(), sample_world(environment.raw()));
  evaluate(other, environment.raw());
  Actions trace;
  Lesson(environment.raw()).train(other, kTrainingSteps, trace, kEvaluationRows);
  require(train(agent, environment.raw()) == trace,
          "training takes another course after an evaluation; OFFLOAD_EVALUATE changes no learning state");
  require(evaluate(agent, environment.raw()) == evaluate(other, environment.raw()),
          "training comes to another policy after an evaluation; OFFLOAD_EVALUATE changes no learning state");
}

bool refuses(AnyAgent& agent, std::string_view bytes) {
  try {
    agent.load_checkpoint(bytes);
  } catch (const Error&) {
    return true;
  }
  return false;
}

// Both agents go on from the checkpoint: what is not in it shows when it is needed.
void go_on_alike(AnyAgent& agent, AnyAgent& restored, const Lesson& lesson, const offload_environment& e) {
  Lesson one = lesson, other = lesson;
  Actions first, second;
  one.train(agent, kTrainingSteps, first);
  other.train(restored, kTrainingSteps, second);
  const auto at = std::ranges::mismatch(first, second).in1;
  require(at == first.end(),
          "trained further, the restored agent and the one that was saved differ at action {}; save all that "
          "learning depends on",
          at - first.begin());
  require(
      evaluate(agent, e) == evaluate(restored, e) && agent.save_checkpoint() == restored.save_checkpoint(),
      "trained further alike, the restored agent learns something else than the one that was saved; save all "
      "that learning depends on");
}

// `chosen`: what the agent chooses.
void policy_decides_alike(const PluggedIn& plugin, AnyAgent& agent, const Actions& chosen) {
  if (!agent.has_policy()) return;
  const SampleEnvironment environment;
  const std::string bytes = agent.save_policy();
  require(agent.save_policy() == bytes, "saving a policy twice gives different bytes");
  PlacedAgent restored(plugin, {}, environment.raw(), sample_world(environment.raw()));
  restored.load_policy(bytes);
  require(evaluate(restored, environment.raw()) == chosen,
          "an agent that loaded the policy chooses other actions than the one that saved it; save all that "
          "it decides by");
}

std::string checkpoint_round_trip(const PluggedIn& plugin) {
  const SampleEnvironment environment;
  PlacedAgent agent(plugin, {}, environment.raw(), sample_world(environment.raw())),
      restored(plugin, {}, environment.raw(), sample_world(environment.raw()));
  if (!agent.has_checkpoint() && !agent.has_policy()) return kNotApplicable;
  Lesson lesson(environment.raw());
  Actions trace;
  lesson.train(agent, kTrainingSteps, trace);
  if (!agent.has_checkpoint()) {
    policy_decides_alike(plugin, agent, evaluate(agent, environment.raw()));
    return {};
  }
  const std::string bytes = agent.save_checkpoint();
  require(agent.save_checkpoint() == bytes, "saving twice gives different bytes");
  const Actions chosen = evaluate(agent, environment.raw());
  restored.load_checkpoint(bytes);
  require(restored.save_checkpoint() == bytes, "saving what was loaded gives other bytes");
  require(evaluate(restored, environment.raw()) == chosen, "the restored agent chooses other actions");
  require(refuses(restored, std::string_view(bytes).substr(0, bytes.size() / 2)),
          "half a checkpoint is loaded without a word");
  restored.load_checkpoint(bytes);
  go_on_alike(agent, restored, lesson, environment.raw());
  agent.load_checkpoint(bytes);
  require(agent.save_checkpoint() == bytes && evaluate(agent, environment.raw()) == chosen,
          "an agent that has learned more keeps some of it when it loads a checkpoint");
  policy_decides_alike(plugin, agent, chosen);
  return {};
}

void empty_batch(const PluggedIn& plugin) {
  const SampleEnvironment environment;
  PlacedAgent agent(plugin, {}, environment.raw(), sample_world(environment.raw()));
  for (const std::int32_t mode : {OFFLOAD_EXPLORE, OFFLOAD_EVALUATE})
    act(agent, SampleTurns(environment.raw(), 0), mode);
  train(agent, environment.raw());
  for (const std::int32_t mode : {OFFLOAD_EXPLORE, OFFLOAD_EVALUATE})
    act(agent, SampleTurns(environment.raw(), 0), mode);
}

void runs_in(const PluggedIn& plugin, const SampleEnvironment& environment) {
  PlacedAgent agent(plugin, {}, environment.raw(), sample_world(environment.raw()));
  train(agent, environment.raw());
  evaluate(agent, environment.raw());
}

void smallest_environment(const PluggedIn& plugin) { runs_in(plugin, SampleEnvironment(0, 1, 1, 1)); }
void larger_environment(const PluggedIn& plugin) { runs_in(plugin, SampleEnvironment(4, 7, 3, 8)); }

void actions_in_range(const PluggedIn& plugin) {
  const SampleEnvironment environment;
  PlacedAgent agent(plugin, {}, environment.raw(), sample_world(environment.raw()));
  train(agent, environment.raw());
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    play(agent, environment.raw(), kEvaluationRows, seed, OFFLOAD_EVALUATE);
  }
  play(agent, environment.raw(), kExploringRows, 0, OFFLOAD_EXPLORE);
}

}  // namespace

std::vector<PluginCheck> agent_checks() {
  PluginCheck same_seed = plain("same seed, same trace", same_seed_same_trace);
  same_seed.trace = trace_of_new;
  return {plain(kCreatedInTime, created_in_time<PlacedAgent>),
          plain("actions in range", actions_in_range),
          std::move(same_seed),
          plain("independent of batching", independent_of_batching),
          plain("evaluation changes nothing", evaluation_changes_nothing),
          {"remembers no evaluation", remembers_nothing},
          {"checkpoint round trip", checkpoint_round_trip},
          {"portable bits", portable_bits},
          plain("an empty batch", empty_batch),
          plain("the smallest environment", smallest_environment),
          plain("a larger environment", larger_environment)};
}

}  // namespace offload
