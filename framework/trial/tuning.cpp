#include "trial/tuning.hpp"

#include <offload/random.hpp>

#include <chrono>

#include "core/counted.hpp"
#include "core/error.hpp"
#include "files/machine.hpp"
#include "process/copies/copy.hpp"

namespace offload {
namespace {

constexpr std::uint64_t kTuningPurpose = 0x74756e65;  // "tune"

TunedCandidate tried_in_copy(const RowSettings& row, const Split& split, const TryCandidate& try_candidate) {
  const std::string text = run_in_copy([&] { return dump_compact(written(try_candidate(row, split))); });
  const std::string file = "what a candidate came to";
  const nlohmann::json document = parse_checked(text, file);
  return read_candidate(CheckedJson(document, file));
}

}  // namespace

Split validation_split(const Experiment& experiment, const Split& split) {
  Split inner = split;
  inner.name += "-tuning";
  inner.calibration.clear();
  hold_out(experiment.scenario_of(split).data(), experiment.suite.tuning.validation,
           stream(split.stream_of(experiment.suite.seed), kTuningPurpose), inner);
  inner.test = std::move(inner.calibration);
  inner.calibration.clear();
  return inner;
}

TunedCandidate failed_candidate(const Error& error, std::int64_t steps) {
  if (error.kind() != ErrorKind::plugin) throw Error(error);
  TunedCandidate failed;
  failed.failure = printable(error.what(), 1000);
  failed.steps = steps;
  return failed;
}

std::int64_t episodes_over(const CellResult& cell, const Amounts& limit) {
  std::int64_t over = 0;
  for (std::size_t i = 0; i < cell.latency_s.size(); ++i) {
    over += to_amount(cell.latency_s[i], 0, "latency") > limit[0] ||
            to_amount(cell.cost_usd[i], 1, "cost") > limit[1];
  }
  return over;
}

namespace {

TuningResult tuned(const Experiment& experiment, const RowSettings& row, const Split& split,
                   const TryCandidate& try_candidate, const std::function<void(std::size_t)>& progress) {
  const Split inner = validation_split(experiment, split);
  TuningResult result;
  result.validation_episodes = static_cast<std::int64_t>(inner.test.size());
  for (const Candidate& candidate : row.candidates) {
    progress(result.candidates.size());
    TunedCandidate tried;
    try {
      tried = tried_in_copy(with_candidate(row, candidate), inner, try_candidate);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::plugin) throw Error(error.kind(), candidate.name + ": " + error.what());
      tried = failed_candidate(error, 0);  // how many it made went with its process
    }
    tried.name = candidate.name;
    for (const auto& [key, parameter] : candidate.parameters) tried.parameters[key] = parameter.value;
    result.candidates.push_back(std::move(tried));
  }
  const auto best =
      best_candidate(result, experiment.suite.tuning.measure, experiment.suite.evaluation.max_violation_rate);
  if (!best) {
    fail(ErrorKind::plugin, "{}{} failed; {}: {}", result.candidates.size() == 1 ? "" : "all ",
         counted(result.candidates.size(), "candidate"), printable(result.candidates.front().name),
         result.candidates.front().failure);
  }
  result.chosen = *best;
  return result;
}

}  // namespace

TrialResult tuned_trial(const Experiment& experiment, const RowSettings& row, const Split& split,
                        const ProgressReport& progress, const TryCandidate& try_candidate,
                        const RunChosen& run_chosen) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const auto parts = static_cast<double>(row.candidates.size() + 1);
  const TuningResult tuning = tuned(experiment, row, split, try_candidate,
                                    [&](std::size_t done) { progress(static_cast<double>(done) / parts); });
  const double tune_s = std::chrono::duration<double>(Clock::now() - start).count();
  const double tune_cpu_s = cpu_seconds();
  RowSettings chosen = row;
  for (const auto& [key, parameter] : row.candidates[tuning.chosen].parameters)
    chosen.agent.parameters[key] = parameter;
  TrialResult result = run_chosen(chosen, [&](double done) { progress((parts - 1 + done) / parts); });
  result.tuning = tuning;
  result.timing.tune_cpu_s = tune_cpu_s;
  result.timing.wall_s += tune_s;
  return result;
}

}  // namespace offload
