#include "host/plugin_check.hpp"

#include <offload/random.hpp>

#include <chrono>
#include <numeric>

#include "core/error.hpp"
#include "host/isolated.hpp"
#include "host/plugin_instance.hpp"
#include "host/plugin_library.hpp"
#include "host/plugin_turns.hpp"

namespace offload {
namespace {

using std::filesystem::path;

constexpr std::string_view kCreatedInTime = "created in time";
constexpr const char* kNotApplicable = "not applicable";
constexpr int kEvaluationRows = 8;     // as many as SampleEnvironment evaluates at once
constexpr int kTrainingSteps = 2'200;  // beyond the first update of agents that collect 2,048
constexpr int kEpisodeTurns = 5;
constexpr double kCreateLimitS = 1;  // every trial and every question about a plugin waits for it

using Actions = std::vector<std::int32_t>;

template <typename... Args>
void require(bool held, fmt::format_string<Args...> format, Args&&... args) {
  if (!held) fail(ErrorKind::plugin, format, std::forward<Args>(args)...);
}

// Turns that look like the benchmark's, the same for the same seed.
SampleTurns random_turns(const offload_environment& e, int rows, std::uint64_t seed, bool first) {
  SampleTurns turns(e, rows);
  for (std::size_t i = 0; i < turns.n; ++i) {
    Random random(stream(seed, i));
    turns.rng[i] = random.bits();
    turns.first[i] = first ? 1 : 0;
    const std::size_t numbers = SampleTurns::width(e.observation);
    for (std::size_t k = 0; k < numbers; ++k) {
      turns.observation[i * numbers + k] = static_cast<float>(random.below(3)) - 1;
    }
    turns.set_task(i, static_cast<int>(random.below(static_cast<std::uint64_t>(e.tasks))));
    const std::size_t actions = SampleTurns::width(e.actions);
    for (std::size_t a = 0; a < actions; ++a) turns.mask[i * actions + a] = random.below(4) != 0 ? 1 : 0;
    turns.mask[i * actions + random.below(actions)] = 1;
    turns.limit[i * 2] = 30;
    turns.limit[i * 2 + 1] = 0.05;
  }
  return turns;
}

SampleTurns evaluation_turns(const AgentInstance& agent, const offload_environment& e, std::uint64_t seed) {
  SampleTurns turns = random_turns(e, kEvaluationRows, seed, true);
  for (std::size_t i = 0; i < turns.n; ++i) turns.slot[i] = agent.training_slots() + static_cast<int>(i);
  return turns;
}

Actions act(AgentInstance& agent, const SampleTurns& turns, std::int32_t mode) {
  Actions action(turns.n);
  const offload_view view = turns.view();
  agent.act(view, mode, action.data());
  return action;
}

// Trains over kTrainingSteps; returns every action, so that two runs can be compared.
Actions train(AgentInstance& agent, const offload_environment& e) {
  Actions trace;
  const int slots = agent.training_slots();
  SampleTurns before = random_turns(e, slots, 0, true);
  for (int step = 1; step * slots <= kTrainingSteps; ++step) {
    const Actions action = act(agent, before, OFFLOAD_EXPLORE);
    trace.insert(trace.end(), action.begin(), action.end());
    const bool ends = step % kEpisodeTurns == 0;
    const SampleTurns after = random_turns(e, slots, static_cast<std::uint64_t>(step), ends);
    if (agent.trained()) {
      SampleStep done(before);
      const offload_view reached = after.view();
      done.action = action;
      for (std::size_t i = 0; i < before.n; ++i) {
        done.quality[i] = Random(stream(7, static_cast<std::uint64_t>(action[i]), i)).uniform();
        done.reward[i] = done.quality[i];
        done.terminal[i] = ends ? 1 : 0;
      }
      offload_transition transition = done.transition();
      transition.after = &reached;
      agent.observe(transition);
      agent.update();
    }
    before = after;
  }
  return trace;
}

void same_seed_same_trace(const path& library) {
  const SampleEnvironment environment;
  AgentInstance first(library, {}, environment.raw()), second(library, {}, environment.raw());
  const Actions one = train(first, environment.raw()), other = train(second, environment.raw());
  const auto [at, unused] = std::ranges::mismatch(one, other);
  require(at == one.end(),
          "two runs with the same seed differ at training action {}; use view.rng and the seed",
          at - one.begin());
}

void independent_of_batching(const path& library) {
  const SampleEnvironment environment;
  AgentInstance agent(library, {}, environment.raw());
  train(agent, environment.raw());
  const SampleTurns turns = evaluation_turns(agent, environment.raw(), 99);
  const Actions together = act(agent, turns, OFFLOAD_EVALUATE);
  for (std::size_t i = turns.n; i-- > 0;) {
    const offload_environment& e = environment.raw();
    const offload_view all = turns.view();
    const std::size_t k = i * SampleTurns::width(e.budgets);
    const offload_view row = {sizeof(offload_view),
                              1,
                              all.slot + i,
                              all.first + i,
                              all.rng + i,
                              all.observation + i * SampleTurns::width(e.observation),
                              all.mask + i * SampleTurns::width(e.actions),
                              all.limit + k,
                              all.spent + k};
    std::int32_t alone = 0;
    agent.act(row, OFFLOAD_EVALUATE, &alone);
    require(alone == together[i], "row {} gets action {} in a batch of {} and {} alone", i, together[i],
            turns.n, alone);
  }
}

void evaluation_changes_nothing(const path& library) {
  const SampleEnvironment environment;
  AgentInstance agent(library, {}, environment.raw()), other(library, {}, environment.raw());
  for (int i = 0; i < 20; ++i) {
    act(other, evaluation_turns(other, environment.raw(), static_cast<std::uint64_t>(i)), OFFLOAD_EVALUATE);
  }
  require(train(agent, environment.raw()) == train(other, environment.raw()),
          "training takes another course after an evaluation; OFFLOAD_EVALUATE changes no learning state");
}

std::string checkpoint_round_trip(const path& library) {
  const SampleEnvironment environment;
  AgentInstance agent(library, {}, environment.raw()), restored(library, {}, environment.raw());
  if (!agent.has_checkpoint()) return kNotApplicable;
  train(agent, environment.raw());
  const std::string bytes = agent.save_checkpoint();
  restored.load_checkpoint(bytes);
  require(restored.save_checkpoint() == bytes, "saving what was loaded gives other bytes");
  const SampleTurns turns = evaluation_turns(agent, environment.raw(), 99);
  require(act(agent, turns, OFFLOAD_EVALUATE) == act(restored, turns, OFFLOAD_EVALUATE),
          "the restored agent chooses other actions");
  bool refused = false;
  try {
    restored.load_checkpoint(std::string_view(bytes).substr(0, bytes.size() / 2));
  } catch (const Error&) {
    refused = true;
  }
  require(refused, "half a checkpoint is loaded without a word");
  return {};
}

void empty_agent_batch(const path& library) {
  const SampleEnvironment environment;
  AgentInstance agent(library, {}, environment.raw());
  act(agent, SampleTurns(environment.raw(), 0), OFFLOAD_EXPLORE);
  act(agent, SampleTurns(environment.raw(), 0), OFFLOAD_EVALUATE);
}

// Without views: local and text-only cloud.
void smallest_environment(const path& library) {
  const SampleEnvironment environment(0);
  AgentInstance agent(library, {}, environment.raw());
  train(agent, environment.raw());
}

void actions_in_range(const path& library) {
  const SampleEnvironment environment;
  AgentInstance agent(library, {}, environment.raw());
  train(agent, environment.raw());
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    act(agent, evaluation_turns(agent, environment.raw(), seed), OFFLOAD_EVALUATE);
  }
}

SampleOutcomes outcomes(const std::vector<std::size_t>& rows) {
  SampleOutcomes made(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Random random(stream(3, rows[i]));
    made.action[i] = static_cast<std::int32_t>(random.below(9));
    made.quality[i] = random.below(4) == 0 ? 0 : 2 * random.uniform();
    made.association_raw[i] = random.uniform();
    made.association[i] = random.uniform();
    for (std::size_t k = 2 * i; k < 2 * i + 2; ++k) {
      made.consumed[k] = 5 * random.uniform();
      made.relative[k] = random.uniform();
      if (random.below(2) == 0) made.limit[k] = 10 * random.uniform();
      made.total[k] = made.consumed[k] + random.uniform();
    }
  }
  return made;
}

void reward_rows(const path& library, int modalities) {
  const SampleEnvironment environment(modalities);
  RewardInstance reward(library, {}, environment.raw());
  constexpr std::size_t n = 200;
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<double> first(n), again(n);
  reward.score(outcomes(order).raw(), first.data());
  // Permuted (37 and 200 have no common factor), then repeated.
  for (std::size_t i = 0; i < n; ++i) order[i] = i * 37 % n;
  for (const char* how : {"in another order", "repeated"}) {
    reward.score(outcomes(order).raw(), again.data());
    for (std::size_t i = 0; i < n; ++i) {
      require(again[i] == first[order[i]], "the same outcome scores {} and, {}, {}", first[order[i]], how,
              again[i]);
    }
    for (std::size_t i = 0; i < n; ++i) order[i] = i / 20;
  }
}

void empty_reward_batch(const path& library) {
  const SampleEnvironment environment;
  RewardInstance(library, {}, environment.raw()).score(outcomes({}).raw(), nullptr);
}

// Creates it twice, because a loaded machine may stop either; the quicker one counts.
template <typename Instance>
void created_in_time(const path& library) {
  const SampleEnvironment environment;
  double quickest = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 2; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const Instance instance(library, {}, environment.raw());
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    quickest = std::min(quickest, taken.count());
  }
  require(quickest <= kCreateLimitS, "create took {:.1f} s, more than {} s; do the work when it is needed",
          quickest, kCreateLimitS);
}

struct Check {
  const char* name;
  std::function<std::string(const path&)> body;
};

Check plain(const char* name, void (*body)(const path&)) {
  return {name, [body](const path& library) {
            body(library);
            return std::string();
          }};
}

std::vector<Check> checks_for(PluginKind kind) {
  if (kind == PluginKind::reward) {
    return {plain(kCreatedInTime.data(), created_in_time<RewardInstance>),
            plain("rows depend on themselves alone", [](const path& library) { reward_rows(library, 3); }),
            plain("an empty batch", empty_reward_batch),
            plain("the smallest environment", [](const path& library) { reward_rows(library, 0); })};
  }
  return {plain(kCreatedInTime.data(), created_in_time<AgentInstance>),
          plain("actions in range", actions_in_range),
          plain("same seed, same trace", same_seed_same_trace),
          plain("independent of batching", independent_of_batching),
          plain("evaluation changes nothing", evaluation_changes_nothing),
          {"checkpoint round trip", checkpoint_round_trip},
          plain("an empty batch", empty_agent_batch),
          plain("the smallest environment", smallest_environment)};
}

}  // namespace

std::vector<CheckResult> check_plugin(const path& library, double timeout_s,
                                      const std::function<void(const CheckResult&)>& report) {
  IsolationLimits limits;
  limits.timeout_s = timeout_s;
  std::vector<CheckResult> results;
  const auto run = [&](const char* name, const std::function<std::string()>& body) {
    CheckResult result{name, CheckOutcome::passed, {}};
    std::string value;
    try {
      value = run_isolated(library.filename().string(), body, limits);
      if (value == kNotApplicable) result.outcome = CheckOutcome::not_applicable;
    } catch (const Error& error) {
      result.outcome = CheckOutcome::failed;
      result.reason = error.what();
    }
    report(result);
    results.push_back(result);
    return value;
  };
  const std::string description = run("loads and describes itself", [&] {
    const SampleEnvironment environment;
    return to_json(describe_plugin(library, environment.raw()));
  });
  if (results.front().outcome != CheckOutcome::passed) return results;
  for (const Check& check : checks_for(plugin_info_from_json(description).kind)) {
    run(check.name, [&] { return check.body(library); });
    // The others create it again and again.
    if (check.name == kCreatedInTime && results.back().outcome == CheckOutcome::failed) break;
  }
  return results;
}

}  // namespace offload
