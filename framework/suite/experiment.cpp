#include "suite/experiment.hpp"

#include <offload/random.hpp>

#include <algorithm>
#include <cstdlib>

#include "core/error.hpp"
#include "core/logs/outcome_log.hpp"
#include "data/synthetic.hpp"
#include "plugin/info.hpp"

namespace offload {
namespace {

// Raised when the same inputs come to give another outcome.
constexpr int kOutcomeVersion = 7;
constexpr std::uint64_t kReplacementPurpose = 0x7265706c;  // "repl"
constexpr std::uint64_t kLogPurpose = 0x6c6f67;            // "log"

Truth truth_of(const Suite& suite) {
  if (suite.data.source.starts_with("synthetic:")) return synthetic_truth(suite.refusal);
  if (suite.data.source.starts_with("scenario:")) return scenario_truth(suite.refusal);
  return {};
}

// Collects labelled values into a text that differs whenever one of them does.
class Identity {
 public:
  template <typename Value>
  Identity& add(std::string_view label, const Value& value) {
    const std::string text = fmt::format("{}", value);
    text_ += fmt::format("{}:{}:{}\n", label, text.size(), text);
    return *this;
  }
  template <typename Values>
  Identity& list(std::string_view label, const Values& values) {
    return add(label, fmt::format("{}", fmt::join(values, ",")));
  }
  Identity& parameters(std::string_view label, const Parameters& parameters) {
    for (const auto& [key, parameter] : parameters) {
      add(fmt::format("{}.{}", label, key), to_text(parameter.value));
    }
    return *this;
  }
  Identity& plugin(std::string_view label, const PluginFile& file, const Parameters& given) {
    add(label, file.sha256).parameters(label, given);
    for (const auto& [key, value] : file.machine) add(fmt::format("{} on {}", label, key), value);
    return *this;
  }
  Digest hash() const { return digest_of(text_); }

 private:
  std::string text_;
};

void identify_environment(const Experiment& experiment, const Split& split, Identity& identity) {
  const Scenario& scenario = experiment.scenario_of(split);
  const Compat& compat = scenario.compat();
  identity.add("data", scenario.data().sha256).list("refusal", experiment.suite.refusal.phrases);
  identity.add("window", scenario.layout().window()).add("turns_max", scenario.turns_max());
  identity.list("quirks",
                std::vector<int>{compat.logged_next_state, compat.evaluation_model_on_test,
                                 compat.raw_evaluation_association, compat.evaluation_with_replacement,
                                 compat.zero_reward_over_budget, compat.totals_within_window,
                                 static_cast<int>(compat.observation)});
  for (int kind = 0; kind < scenario.consumption().kinds(); ++kind) {
    identity.list("consumption", scenario.consumption().of_kind(kind));
  }
  if (scenario.world() != nullptr) {
    const WorldSettings& world = experiment.suite.scenario.world;
    identity.add("declared", world.declared).add("calls", world.calls_of);
    identity.add("unknown", world.mask_unknown ? "mask" : "refuse");
    // Before the second, a policy's arms had to keep the budgets in as many episodes as the best did, and a
    // row that spent less than every arm's training mean had no mix.
    identity.add("bounds", 2);
  }
  if (const auto& log = experiment.suite.evaluation.log) identity.add("log", log->policy);
  for (const BudgetCell& cell : experiment.cells) identity.add("cell", cell.name).list("limit", cell.limit);
  identity.add("response", experiment.suite.response_model);
  identity.list("lenses", experiment.suite.evaluation.lenses);
  identity.list("models", experiment.suite.evaluation.models);
  if (experiment.suite.evaluation.margin) {
    identity.add("margin", experiment.suite.evaluation.margin->share).list("calibration", split.calibration);
  }
}

void identify_drifts(const Experiment& experiment, const Split& split, Identity& identity) {
  const auto& drifts = experiment.suite.evaluation.drifts;
  for (std::size_t d = 0; d < drifts.size(); ++d) {
    identity.add("drift", drifts[d].name).add("sees", drifts[d].sees_new ? "new" : "trained");
    const Consumption& consumption = experiment.drifted_of(split, d).consumption();
    for (int kind = 0; kind < consumption.kinds(); ++kind) identity.list("takes", consumption.of_kind(kind));
    if (drifts[d].trained) identity.add("trained", "there as well");
    for (const auto& [arm, price] : drifts[d].world.prices) {
      identity.add("arm", arm).list("price", std::vector<std::int64_t>{price.input_pusd, price.output_pusd});
    }
    for (const auto& [arm, times] : drifts[d].world.latency_times)
      identity.add("arm", arm).add("times", times);
  }
}

// Of the first that asks for it.
std::string place_of_true_mean(const Suite& suite) {
  for (const char* key : {"evaluation.models", "environment.response_model"}) {
    const auto given = suite.given.find(key);
    const bool of_evaluation = std::string_view(key) == "evaluation.models";
    const bool asks = of_evaluation ? std::ranges::count(suite.evaluation.models, "true_mean") > 0
                                    : suite.response_model == "true_mean";
    if (asks && given != suite.given.end()) return given->second;
  }
  const auto row = std::ranges::find_if(
      suite.rows, [](const RowSettings& one) { return one.training.model == "true_mean"; });
  return row == suite.rows.end() ? suite.file : row->agent.place;
}

void check_models(const Experiment& experiment) {
  const Suite& suite = experiment.suite;
  if (experiment.environment().world() != nullptr) return;
  if (!std::holds_alternative<std::monostate>(experiment.truth)) return;
  std::vector<std::string> models = suite.evaluation.models;
  models.push_back(suite.response_model);
  for (const RowSettings& row : suite.rows) models.push_back(row.training.model);
  if (std::ranges::count(models, "true_mean") == 0) return;
  fail(ErrorKind::config,
       "{}: response model 'true_mean' needs synthetic data, whose truth is known; {} is not",
       place_of_true_mean(suite), printable(suite.data.source));
}

// held_out scores an episode by the others: there have to be some.
void check_lenses(const Experiment& experiment) {
  const Suite& suite = experiment.suite;
  if (std::ranges::count(suite.evaluation.lenses, "held_out") == 0) return;
  for (const Split& split : experiment.splits) {
    const std::vector<std::uint32_t> tests = test_episodes(experiment, split);
    const EpisodeTable& data = experiment.scenario_of(split).data();
    if (std::ranges::all_of(tests, [&](std::uint32_t e) { return are_copies(data, e, tests.front()); })) {
      fail(ErrorKind::config,
           "{}: lens held_out scores an episode by others, and needs at least two test episodes that are no "
           "copies of each other; split '{}' has {}, all of one; test more episodes",
           suite.data.split.place, split.name, tests.size());
    }
  }
}

}  // namespace

namespace {

// A scenario for each cut, which its trainings share.
void add_worlds(const Suite& suite, EpisodeTable data, Experiment& experiment) {
  for (std::size_t s = 0; s < experiment.splits.size(); ++s) {
    Split& split = experiment.splits[s];
    const Split& cut = experiment.splits[experiment.reference_split(s)];
    split.set = &cut == &split ? experiment.scenarios.size() : cut.set;
    if (&cut != &split) continue;
    if (const auto& log = suite.evaluation.log) {
      data.log = std::make_shared<const OutcomeLog>(
          draw_log(data, logging_policy(log->policy), stream(split.stream_of(suite.seed), kLogPurpose)));
    }
    experiment.scenarios.push_back(make_scenario(suite, data, split.train));
  }
}

// After the scenarios. What a world declares follows from the cut that the set is of.
void add_drifts(const Suite& suite, Experiment& experiment) {
  for (const DriftSettings& drift : suite.evaluation.drifts) {
    auto& places = experiment.drifted.emplace_back();
    for (std::size_t set = 0; set < experiment.scenarios.size(); ++set) {
      const Scenario& home = *experiment.scenarios[set];
      const auto cut = std::ranges::find(experiment.splits, set, &Split::set);
      places.push_back(make_drifted(
          suite, drift, home,
          home.world() ? std::span<const std::uint32_t>(cut->train) : std::span<const std::uint32_t>{}));
    }
  }
}

}  // namespace

Experiment make_experiment(Suite suite, std::vector<EpisodeTable> sets) {
  Experiment experiment;
  fit_to_data(suite, sets.front());
  experiment.truth = truth_of(suite);
  experiment.data_sha256 = data_sha256(sets);
  experiment.splits = make_splits(suite, sets);
  experiment.trainings = trainings_of(suite);
  if (sets.size() > 1 && suite.scenario.turns_max == 0) {
    for (const EpisodeTable& set : sets)
      suite.scenario.turns_max = std::max(suite.scenario.turns_max, set.longest());
  }
  if (sets.front().outcomes) {
    add_worlds(suite, sets.front(), experiment);
  } else {
    for (EpisodeTable& set : sets) experiment.scenarios.push_back(make_scenario(suite, std::move(set)));
  }
  add_drifts(suite, experiment);
  experiment.cells = make_cells(suite, experiment.environment());
  for (const auto& scenario : experiment.scenarios) require_choices(suite, experiment.cells, *scenario);
  experiment.suite = std::move(suite);
  check_models(experiment);
  check_lenses(experiment);
  return experiment;
}

std::vector<std::uint32_t> test_episodes(const Experiment& experiment, const Split& split) {
  if (!experiment.environment().compat().evaluation_with_replacement) return split.test;
  std::vector<std::uint32_t> drawn;
  Random random(stream(split.stream_of(experiment.suite.seed), kReplacementPurpose));
  for (std::size_t i = 0; i < split.test.size(); ++i) {
    drawn.push_back(split.test[random.below(split.test.size())]);
  }
  return drawn;
}

std::filesystem::path cache_folder(const std::filesystem::path& fallback) {
  const auto variable = [](const char* name) -> std::filesystem::path {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  if (const auto own = variable("OFFLOAD_BENCH_CACHE"); !own.empty()) return own;
  if (const auto xdg = variable("XDG_CACHE_HOME"); xdg.is_absolute()) return xdg / "offload-bench";
  if (const auto home = variable("HOME"); home.is_absolute()) return home / ".cache" / "offload-bench";
  return fallback;
}

Digest reference_key(const Experiment& experiment, std::size_t index, const PluginFile& reward) {
  const Split& split = experiment.splits[index];
  Identity identity;
  identity.add("reference", kOutcomeVersion).add("version", OFFLOAD_VERSION);
  identify_environment(experiment, split, identity);
  identity.plugin("reward", reward, experiment.suite.reward.parameters);
  if (experiment.suite.reward_isolation == Isolation::process) identity.add("reward isolation", "process");
  identity.add("suite_seed", experiment.suite.seed).add("split", split.name).add("seed", split.seed);
  identity.list("train", split.train).list("test", split.test);
  identity.add("oracle_nodes", experiment.suite.evaluation.oracle_nodes).add("calibration", index == 0);
  if (prompts_are_shared(experiment.scenario_of(split).data())) identity.add("groups", "by prompt");
  return identity.hash();
}

Digest trial_key(const Experiment& experiment, const RowSettings& row, const Split& split,
                 const PluginFile& agent, const PluginFile& reward) {
  Identity identity;
  identity.add("outcome", kOutcomeVersion).add("version", OFFLOAD_VERSION);
  identify_environment(experiment, split, identity);
  identity.add("row", row.name).plugin("agent", agent, row.agent.parameters);
  identity.plugin("reward", reward, experiment.suite.reward.parameters);
  if (experiment.suite.reward_isolation == Isolation::process) identity.add("reward isolation", "process");
  identity.add("suite_seed", experiment.suite.seed).add("split", split.name).add("seed", split.seed);
  identity.list("train", split.train).list("test", split.test);
  const TrainingSettings& training = row.training;
  const TrainingBudgets& budgets = training.budgets;
  identity.add("steps", training.steps).add("slots", training.slots).add("curve", training.curve_every);
  identity.add("budgets", static_cast<int>(budgets.kind)).list("fixed", budgets.fixed);
  if (training.model != experiment.suite.response_model) identity.add("training model", training.model);
  if (training.isolation == Isolation::process) identity.add("isolation", "process");
  if (training.checkpoints) identity.add("checkpoints", training.checkpoints);
  if (!row.checkpoint.empty()) identity.add("checkpoint", row.checkpoint_sha256);
  if (!row.candidates.empty()) {
    const TuningSettings& tuning = experiment.suite.tuning;
    identity.add("validation", tuning.validation).add("measure", tuning.measure);
    identity.add("violation rate", experiment.suite.evaluation.max_violation_rate);
  }
  for (const Candidate& candidate : row.candidates) {
    for (const auto& [key, parameter] : candidate.parameters)
      identity.add(fmt::format("{} {}", candidate.name, key), to_text(parameter.value));
  }
  identity.add("rho_low", budgets.rho_low).add("rho_high", budgets.rho_high);
  identity.add("exact_policies", experiment.suite.evaluation.oracle_nodes > 0);
  identify_drifts(experiment, split, identity);
  return identity.hash();
}

}  // namespace offload
