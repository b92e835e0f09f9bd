#include "core/simulation/calibration.hpp"

#include <algorithm>
#include <limits>

#include "core/environment/split.hpp"
#include "core/error.hpp"
#include "core/workers.hpp"

namespace offload {
namespace {

// Sums over one fold's turns.
struct FoldSums {
  double squared_error = 0;
  std::vector<double> error;  // [kinds]
};

FoldSums test_fold(const std::string& name, const Scenario& scenario, const Truth& truth,
                   const Split& split) {
  const EpisodeTable& data = scenario.data();
  const auto model = make_response_model(name, scenario, split.train, truth);
  FoldSums sums{0, std::vector<double>(static_cast<std::size_t>(scenario.actions().kinds()))};
  for (const std::uint32_t e : split.test) {
    for (int t = 0; t < data.length(e); ++t) {
      const std::size_t turn = data.turn(e, t);
      const double error = model->score(scenario.logged_history(e, t), data.action[turn]) - data.score[turn];
      sums.squared_error += error * error;
      sums.error[static_cast<std::size_t>(scenario.actions().kind(data.action[turn]))] += error;
    }
  }
  return sums;
}

}  // namespace

Calibration calibrate(const std::string& model, const Scenario& scenario, const Truth& truth, int repeats,
                      std::int64_t seed, int threads) {
  const EpisodeTable& data = scenario.data();
  if (data.episodes() < 2)
    fail(ErrorKind::config, "calibration needs at least two episodes; {} has one", data.source);
  const auto kinds = static_cast<std::size_t>(scenario.actions().kinds());
  Calibration result;
  result.folds = static_cast<int>(std::min<std::size_t>(kCalibrationFolds, data.episodes()));
  result.repeats = repeats;
  result.turns.resize(kinds);
  double mean = 0, deviation = 0;
  for (std::size_t t = 0; t < data.turns(); ++t) {
    result.turns[static_cast<std::size_t>(scenario.actions().kind(data.action[t]))] += 1;
    mean += data.score[t] / static_cast<double>(data.turns());
  }
  for (const double score : data.score) deviation += (score - mean) * (score - mean);

  const std::vector<Split> splits = fold_splits(data, result.folds, repeats, seed);
  std::vector<FoldSums> folds(splits.size());
  parallel_for(splits.size(), static_cast<std::size_t>(std::max(1, threads)),
               [&](std::size_t i, std::size_t) { folds[i] = test_fold(model, scenario, truth, splits[i]); });
  double squared_error = 0;
  result.bias.assign(kinds, 0);
  for (const FoldSums& fold : folds) {
    squared_error += fold.squared_error / repeats;
    for (std::size_t k = 0; k < kinds; ++k) result.bias[k] += fold.error[k] / repeats;
  }
  result.r2 = 1 - squared_error / deviation;
  for (std::size_t k = 0; k < kinds; ++k) {
    result.bias[k] = result.turns[k] > 0 ? result.bias[k] / static_cast<double>(result.turns[k])
                                         : std::numeric_limits<double>::quiet_NaN();
  }
  return result;
}

}  // namespace offload
