// offload-response-models: out-of-episode R2 of the response models and of what the hierarchical one could
// have been, as a Markdown table. On synthetic sets, which chose it: offload-response-models [EPISODES [SETS
// [FIRST SEED]]]. On the splits of a suite, for one look: offload-response-models SUITE.toml [DATASET].
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/outcomes/hierarchical_model.hpp"
#include "core/workers.hpp"
#include "data/synthetic.hpp"
#include "suite/experiment.hpp"

namespace offload {
namespace {

constexpr int kFolds = 10, kRepeats = 3;  // as reports calibrate

using Episodes = std::span<const std::uint32_t>;
using Make = std::function<std::unique_ptr<ResponseModel>(const Scenario&, Episodes, const Truth&)>;

struct Candidate {
  std::string name;
  Make make;
};

// What cannot be had: the generator tells the shares of zeros, the history effect and the mean of every
// action kind, and only the cells' own means are left to learn. A model that has to learn 20 cells can
// hardly pass it.
class ToldModel final : public ResponseModel {
 public:
  ToldModel(const Scenario& scenario, Episodes episodes, const SyntheticTruth& truth)
      : actions_(scenario.actions()), truth_(truth) {
    constexpr double kShrinkage = 12;  // the best of 2, 4, 8, 12, 16, 24 on 20 sets of 100
    const std::vector<double>& zero = embedded_synthetic_settings().zero_probability;
    const auto kinds = static_cast<std::size_t>(truth.kinds);
    std::vector<double> turns(truth.base.size(), kShrinkage), sum(truth.base.size());
    for (std::size_t i = 0; i < sum.size(); ++i) {
      for (std::size_t c = i % kinds; c < sum.size(); c += kinds)
        sum[i] += kShrinkage * truth.base[c] / truth.tasks;
    }
    const EpisodeTable& data = scenario.data();
    for (const std::uint32_t e : episodes) {
      for (int t = 0; t < data.length(e); ++t) {
        const std::size_t turn = data.turn(e, t),
                          kind = static_cast<std::size_t>(actions_.kind(data.action[turn]));
        if (data.score[turn] == 0) continue;
        const std::size_t cell = data.task[turn] * kinds + kind;
        turns[cell] += 1;
        sum[cell] += data.score[turn] * (1 - zero[kind]) * truth.base[cell] /
                     mean(truth, scenario.logged_history(e, t), data.action[turn]);
      }
    }
    for (std::size_t i = 0; i < sum.size(); ++i) truth_.base[i] = sum[i] / turns[i];
  }
  double score(const History& history, int action) const override { return mean(truth_, history, action); }

 private:
  double mean(const SyntheticTruth& truth, const History& history, int action) const {
    return TrueMeanModel(truth, actions_).score(history, action);
  }

  ActionSpace actions_;
  SyntheticTruth truth_;
};

Candidate named(const std::string& name) {
  return {name, [name](const Scenario& scenario, Episodes episodes, const Truth& truth) {
            return make_response_model(name, scenario, episodes, truth);
          }};
}

Candidate hierarchical(const std::string& name, const HierarchicalSettings& settings) {
  return {name, [settings](const Scenario& scenario, Episodes episodes, const Truth&) {
            return std::make_unique<HierarchicalModel>(scenario.data(), episodes, scenario.actions(),
                                                       settings);
          }};
}

std::vector<Candidate> candidates(const Truth& truth) {
  std::vector<Candidate> list = {named("knn"), named("table"), named("hierarchical")};
  const bool known = !std::holds_alternative<std::monostate>(truth);
  if (known) {
    list.push_back(hierarchical("without history", {true, false}));
    list.push_back(hierarchical("zeros not apart", {false, true}));
    for (const double odds : {1, 4}) {
      list.push_back(hierarchical(fmt::format("odds {} of a doubling", odds), {true, true, odds}));
    }
    list.push_back(hierarchical("strengths 16, 32, 128, not chosen", {true, true, 1, Strengths{}}));
    for (const double factors : {4, 8, 32, 64}) {
      list.push_back(
          hierarchical(fmt::format("factors {}", factors), {true, true, 1, Strengths{factors, 32, 128}}));
    }
    for (const double history : {8, 128}) {
      list.push_back(
          hierarchical(fmt::format("history {}", history), {true, true, 1, Strengths{16, history, 128}}));
    }
    for (const double zeros : {8, 32, 512}) {
      list.push_back(hierarchical(fmt::format("zeros {}", zeros), {true, true, 1, Strengths{16, 32, zeros}}));
    }
    list.push_back(named("true_mean"));
  }
  if (std::holds_alternative<SyntheticTruth>(truth)) {
    list.push_back(
        {"told all but the cells", [](const Scenario& scenario, Episodes episodes, const Truth& of) {
           return std::make_unique<ToldModel>(scenario, episodes, std::get<SyntheticTruth>(of));
         }});
  }
  return list;
}

// Squared errors of the logged turns of every split's test episodes by the model of its training episodes,
// against squared deviations from the mean of all those turns.
double r2(const Candidate& candidate, const std::vector<const Scenario*>& scenarios,
          const std::vector<Split>& splits, const Truth& truth) {
  double error = 0, turns = 0, sum = 0, squares = 0;
  for (const Split& split : splits) {
    const Scenario& scenario = *scenarios[split.set];
    const EpisodeTable& data = scenario.data();
    const auto model = candidate.make(scenario, split.train, truth);
    for (const std::uint32_t e : split.test) {
      for (int t = 0; t < data.length(e); ++t) {
        const std::size_t turn = data.turn(e, t);
        const double score = data.score[turn];
        const double off = model->score(scenario.logged_history(e, t), data.action[turn]) - score;
        error += off * off;
        turns += 1;
        sum += score;
        squares += score * score;
      }
    }
  }
  return 1 - error / (squares - sum * sum / turns);
}

void print_synthetic(int episodes, std::size_t sets, std::int64_t first_seed) {
  const Truth truth = synthetic_truth();
  const std::vector<Candidate> list = candidates(truth);
  std::vector<std::vector<double>> found(list.size(), std::vector<double>(sets));
  const std::string source = fmt::format("synthetic:{}", episodes);
  parallel_for(sets, 2, [&](std::size_t s, std::size_t) {
    const std::int64_t seed = first_seed + static_cast<std::int64_t>(s);
    const auto from = parse_synthetic_source(source, static_cast<std::uint64_t>(seed));
    const Scenario scenario(generate(*from, {}, source), {});
    const std::vector<Split> splits = fold_splits(scenario.data(), kFolds, kRepeats, 0);
    for (std::size_t c = 0; c < list.size(); ++c) found[c][s] = r2(list[c], {&scenario}, splits, truth);
  });
  fmt::print("{} sets of {} episodes, seeds from {}; {} folds, {} repeats\n\n", sets, episodes, first_seed,
             kFolds, kRepeats);
  fmt::print("| model | mean R2 | least | most |\n|:--|--:|--:|--:|\n");
  for (std::size_t c = 0; c < list.size(); ++c) {
    double mean = 0;
    for (const double value : found[c]) mean += value / static_cast<double>(sets);
    const auto [least, most] = std::ranges::minmax(found[c]);
    fmt::print("| {} | {:.4f} | {:.3f} | {:.3f} |\n", list[c].name, mean, least, most);
  }
}

void print_suite(const std::string& file, const std::string& dataset) {
  Suite suite = read_suite(file, dataset);
  std::vector<EpisodeTable> data = open_data(suite, cache_folder(std::filesystem::temp_directory_path()));
  const Experiment experiment = make_experiment(std::move(suite), std::move(data));
  std::vector<const Scenario*> scenarios;
  for (const auto& scenario : experiment.scenarios) scenarios.push_back(scenario.get());
  fmt::print("{}: {} splits\n\n| model | R2 |\n|:--|--:|\n", experiment.suite.name, experiment.splits.size());
  for (const Candidate& candidate : candidates(experiment.truth)) {
    fmt::print("| {} | {:.4f} |\n", candidate.name,
               r2(candidate, scenarios, experiment.splits, experiment.truth));
  }
}

}  // namespace
}  // namespace offload

int main(int argc, char** argv) try {
  const std::string first = argc > 1 ? argv[1] : "100";
  if (first.ends_with(".toml")) {
    offload::print_suite(first, argc > 2 ? argv[2] : "");
    return 0;
  }
  const int episodes = std::atoi(first.c_str()), sets = argc > 2 ? std::atoi(argv[2]) : 20;
  if (episodes < 2 || sets < 1) {
    offload::fail(offload::ErrorKind::config, "[EPISODES [SETS [FIRST_SEED]]]: at least 2 and 1");
  }
  offload::print_synthetic(episodes, static_cast<std::size_t>(sets), argc > 3 ? std::atoll(argv[3]) : 0);
} catch (const offload::Error& error) {
  fmt::print(stderr, "offload-response-models: {}\n", error.what());
  return error.exit_status();
}
