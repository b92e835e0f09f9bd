// What of a suite depends on whether the data's outcomes are known.
#include <algorithm>
#include <array>

#include "core/error.hpp"
#include "core/logs/log_models.hpp"
#include "core/simulation/rollout.hpp"
#include "suite/suite.hpp"

namespace offload {
namespace {

// In a world a budget that is kept on average is broken now and then: tier 1 is a matter of how often.
constexpr double kWorldViolationRate = .05;

// Refuses the first of these keys that the file gives.
void refuse_given(const Suite& suite, std::initializer_list<const char*> keys, const std::string& why) {
  for (const char* key : keys) {
    const auto found = suite.given.find(key);
    if (found == suite.given.end()) continue;
    const std::string name = std::string(key).substr(std::string(key).find('.') + 1);
    fail(ErrorKind::config, "{}: {}: {}; leave it out", found->second, name, why);
  }
}

// What data of one kind have and those of the other do not.
constexpr std::array kOfLogged = {"profile.device",      "profile.network",    "profile.kind",
                                  "profile.devices",     "profile.networks",   "profile.cloud_cost_usd",
                                  "environment.refusal", "environment.compat", "environment.quirks"};
constexpr std::array kOfKnown = {"environment.unknown", "profile.declared",  "budgets.calls_of",
                                 "data.sessions",       "data.session_seed", "data.text_features",
                                 "evaluation.margin"};

// Lenses and models that the file gives and that only data of the other kind have, beside these keys.
std::vector<std::string> keys_of_the_other_kind(const Suite& suite, bool known) {
  std::vector<std::string> keys;
  const auto add = [&](const std::string& key, bool of_the_other) {
    const std::size_t dot = key.find('.');
    if (of_the_other && suite.given.contains(key))
      keys.push_back(fmt::format("[{}] {}", key.substr(0, dot), key.substr(dot + 1)));
  };
  if (known) {
    for (const char* key : kOfLogged) add(key, true);
  } else {
    for (const char* key : kOfKnown) add(key, true);
  }
  // A response model has a name of a lens.
  const auto other_lens = [&](const std::string& name) {
    return (name == kTableLens || name == kSimulatedLogLens) != known;
  };
  const auto other_model = [&](const std::string& name) { return (name == kExactModel) != known; };
  const EvaluationSettings& evaluation = suite.evaluation;
  add("environment.response_model", !evaluation.log && other_model(suite.response_model));
  for (const char* key : {"environment.lenses", "evaluation.lenses"})
    add(key, std::ranges::any_of(evaluation.lenses, other_lens));
  add("evaluation.models", std::ranges::any_of(evaluation.models, other_model));
  return keys;
}

void refuse_view(const Suite& suite, const char* key, const std::vector<std::string>& values,
                 const std::string& only) {
  const auto found = suite.given.find(key);
  if (found == suite.given.end()) return;
  for (const std::string& value : values) {
    if (value == only) continue;
    fail(ErrorKind::config,
         "{}: '{}' estimates what an answer would have scored, and every arm's answers are known here; say "
         "\"{}\", or leave it out",
         found->second, printable(value), only);
  }
}

// Rows that say nothing learn from the environment's model, which stands in them already.
void refuse_training_models(const Suite& suite) {
  for (const RowSettings& row : suite.rows) {
    if (row.training.model == suite.response_model || row.training.model == kExactModel) continue;
    fail(ErrorKind::config,
         "{}: row '{}' trains on the response model '{}', and every arm's answers are known here; leave it "
         "out",
         row.agent.place, printable(row.name), row.training.model);
  }
}

// What a drift says changed must be something that such data have; all of `fitting` left out is no drift.
void refuse_drifts(const Suite& suite, std::initializer_list<const char*> others,
                   std::initializer_list<const char*> fitting, const std::string& why) {
  for (const DriftSettings& drift : suite.evaluation.drifts) {
    for (const char* key : others) {
      if (const auto found = drift.given.find(key); found != drift.given.end())
        fail(ErrorKind::config, "{}: {}: {}; leave it out", found->second, key, why);
    }
    if (std::ranges::any_of(fitting, [&](const char* key) { return drift.given.contains(key); })) continue;
    fail(ErrorKind::config, "{}: drift '{}' says nothing that changes; give {}", drift.place,
         printable(drift.name), fmt::join(fitting, ", "));
  }
}

void refuse_prices_of_calls(const Suite& suite) {
  for (const DriftSettings& drift : suite.evaluation.drifts) {
    if (suite.scenario.world.calls_of.empty() || !drift.given.contains("prices")) continue;
    fail(ErrorKind::config,
         "{}: prices: by [budgets] calls_of the cost counts calls; leave one of the two out",
         drift.given.at("prices"));
  }
}

bool contains(const std::vector<std::string>& list, const std::string& name) {
  return std::ranges::find(list, name) != list.end();
}

// A log is simulated: rows learn from it alone, or from every outcome where they say "exact".
void fit_to_log(Suite& suite, LogSettings& log) {
  const std::vector<std::string> models = log_models();
  if (!contains(models, suite.response_model)) {
    fail(
        ErrorKind::config,
        "{}: response_model: rows are trained on a log of one answer per query, which '{}' is not fitted to; "
        "known: {}",
        suite.given.at("environment.response_model"), suite.response_model, fmt::join(models, ", "));
  }
  log.model = suite.response_model;
  for (const RowSettings& row : suite.rows) {
    if (!row.candidates.empty()) {
      fail(ErrorKind::config,
           "{}: a sweep tries candidates on known outcomes, which a row that learns from a log must not see; "
           "leave the lens simulated_log or the sweep out",
           row.sweep_place);
    }
    if (contains(models, row.training.model) || row.training.model == kExactModel) continue;
    fail(ErrorKind::config,
         "{}: row '{}' trains on the response model '{}', which is not fitted to a log of one answer per "
         "query; known: {}, or \"exact\" for every outcome",
         row.agent.place, printable(row.name), row.training.model, fmt::join(models, ", "));
  }
  refuse_given(suite, {"evaluation.margin"},
               "it is calibrated on known outcomes, which a row that learns from a log must not see");
  refuse_given(suite, {"evaluation.drift"}, "a simulated log is of the world as it is");
}

void fit_to_world(Suite& suite, const EpisodeTable& data) {
  refuse_given(suite,
               {"profile.device", "profile.network", "profile.kind", "profile.devices", "profile.networks",
                "profile.cloud_cost_usd"},
               "the data say what every answer took");
  refuse_given(suite, {"environment.refusal"}, "the data's quality is taken as it stands");
  refuse_given(suite, {"environment.compat", "environment.quirks"}, "quirks are of logged data");
  std::erase(suite.evaluation.lenses, kSimulatedLogLens);
  refuse_view(suite, "environment.lenses", suite.evaluation.lenses, kTableLens);
  refuse_view(suite, "evaluation.lenses", suite.evaluation.lenses, kTableLens);
  refuse_view(suite, "evaluation.models", suite.evaluation.models, kExactModel);
  if (suite.evaluation.log) {
    fit_to_log(suite, *suite.evaluation.log);
  } else {
    refuse_view(suite, "environment.response_model", {suite.response_model}, kExactModel);
    refuse_training_models(suite);
  }
  refuse_drifts(suite, {"device", "network", "kind", "cloud_cost_usd"}, {"prices", "latency_times"},
                "the data say what every answer took");
  refuse_prices_of_calls(suite);
  for (const RowSettings& row : suite.rows) {
    using Kind = TrainingBudgets::Kind;
    const Kind kind = row.training.budgets.kind;
    if (kind != Kind::tmo_uniform && kind != Kind::tmo_normal && kind != Kind::tmo_extreme_aware) continue;
    fail(
        ErrorKind::config,
        "{}: row '{}' draws its training budgets between a local and a cloud action, which {} does not have; "
        "use \"uniform\"",
        row.agent.place, printable(row.name), data.source);
  }
  suite.evaluation.lenses = {kTableLens};
  suite.evaluation.models = {kExactModel};
  suite.response_model = kExactModel;
  for (RowSettings& row : suite.rows) {
    if (!suite.evaluation.log) row.training.model = kExactModel;
  }
  suite.refusal.phrases.clear();
  if (!suite.given.contains("evaluation.max_violation_rate"))
    suite.evaluation.max_violation_rate = kWorldViolationRate;
}

void refuse_models_of_worlds(const Suite& suite, const EpisodeTable& data) {
  if (suite.response_model == kWordsModel) {
    refuse_given(suite, {"environment.response_model"},
                 "\"words\" reads the texts of queries, and " + data.source + " is logged");
  }
  for (const RowSettings& row : suite.rows) {
    if (row.training.model != kWordsModel && row.training.model != kExactModel) continue;
    fail(
        ErrorKind::config,
        "{}: row '{}' trains on '{}', which is of data whose outcomes are known, and {} is logged; known: {}",
        row.agent.place, printable(row.name), row.training.model, data.source,
        fmt::join(response_models(), ", "));
  }
}

}  // namespace

void refuse_other_kind(const Suite& suite, const EpisodeTable& data) {
  if (suite.data.place != "--dataset") return;
  const bool known = data.outcomes != nullptr;
  const std::vector<std::string> keys = keys_of_the_other_kind(suite, known);
  if (keys.empty()) return;
  const char *table = "a table of known outcomes", *logged = "logged turns";
  const char *is = known ? table : logged, *needed = known ? logged : table;
  fail(ErrorKind::config, "--dataset {}: is {}, and {} is for {} ({}); name a file with {}, or another suite",
       printable(data.source), is, suite.file, needed, fmt::join(keys, ", "), needed);
}

void fit_to_data(Suite& suite, const EpisodeTable& data) {
  if (data.outcomes) return fit_to_world(suite, data);
  refuse_given(suite,
               {"environment.unknown", "profile.declared", "budgets.calls_of", "data.sessions",
                "data.session_seed", "data.text_features"},
               "it is of data whose outcomes are known, and " + data.source + " is logged");
  refuse_given(suite, {"evaluation.margin"},
               "it covers what answers take beyond what is declared, and " + data.source +
                   " is logged: every answer takes what is declared");
  refuse_drifts(suite, {"prices", "latency_times"}, {"device", "network", "kind", "cloud_cost_usd"},
                "it is of data whose outcomes are known, and " + data.source + " is logged");
  const auto exact = [&](const std::string& value, std::initializer_list<const char*> keys) {
    if (value != kTableLens && value != kExactModel) return;
    refuse_given(suite, keys, "\"" + value + "\" looks outcomes up, and " + data.source + " is logged");
  };
  for (const std::string& lens : suite.evaluation.lenses)
    exact(lens, {"evaluation.lenses", "environment.lenses"});
  if (suite.evaluation.log) {
    refuse_given(suite, {"evaluation.lenses", "environment.lenses"},
                 "\"simulated_log\" hides outcomes of a table that knows all, and " + data.source +
                     " is a log itself");
  }
  refuse_models_of_worlds(suite, data);
  for (const std::string& model : suite.evaluation.models) {
    if (model == kExactModel) exact(model, {"evaluation.models", "environment.response_model"});
  }
  if (suite.response_model == kExactModel) exact(kExactModel, {"environment.response_model"});
}

}  // namespace offload
