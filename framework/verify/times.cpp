#include "verify/times.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "verify/recompute.hpp"

namespace offload {
namespace {

constexpr double kOfSums = 1e-9;  // rounding, relative
constexpr double kMicro = 1e-6;

class TimesCheck {
 public:
  TimesCheck(const TrialResult& trial, std::vector<Disagreement>& wrong) : trial_(trial), wrong_(wrong) {}

  void within(const char* name, double stored, double least, double most) {
    if (stored >= least - kOfSums * std::abs(least) && stored <= most + kOfSums * std::abs(most)) return;
    const std::string planned = least == most      ? fmt::format("{}", least)
                                : std::isinf(most) ? fmt::format("at least {}", least)
                                                   : fmt::format("{} to {}", least, most);
    wrong_.push_back(
        {name_of<TrialResult>(trial_.key), fmt::format("/trial/timing/{}", name), said(stored), planned});
  }
  // Quantiles of too few decisions are none; of other times a run always says how long they were.
  void quantile(const char* name, double stored, double most) {
    if (!std::isnan(stored)) within(name, stored, 0, most);
  }
  void present(const char* name, double stored) {
    if (stored > 0) return;
    wrong_.push_back(
        {name_of<TrialResult>(trial_.key), fmt::format("/trial/timing/{}", name), said(stored), "above 0"});
  }

 private:
  static std::string said(double stored) {
    return std::isnan(stored) ? "nothing" : fmt::format("{}", stored);
  }

  const TrialResult& trial_;
  std::vector<Disagreement>& wrong_;
};

}  // namespace

void check_times(const TrialResult& trial, bool natives, std::vector<Disagreement>& wrong) {
  constexpr double kAny = std::numeric_limits<double>::infinity();
  const TrialTiming& t = trial.timing;
  TimesCheck check(trial, wrong);
  check.present("wall_s", t.wall_s);
  check.present("cpu_s", t.cpu_s);
  check.present("peak_memory_mb", t.peak_memory_mb);
  check.present("evaluate_s", t.evaluate_s);
  check.within("tune_cpu_s", t.tune_cpu_s, 0, t.cpu_s);
  if (trial.tuning) check.present("tune_cpu_s", t.tune_cpu_s);
  if (trial.training.steps > 0) check.present("train_s", t.train_s);
  check.within("load_s", t.load_s, 0, t.wall_s);
  check.within("train_s", t.train_s, 0, t.wall_s - t.load_s);
  check.within("evaluate_s", t.evaluate_s, 0, t.wall_s - t.load_s - t.train_s);
  const double rate = t.train_s > 0 ? static_cast<double>(trial.training.steps) / t.train_s : 0;
  check.within("environment_steps_per_s", t.environment_steps_per_s, rate, natives ? kAny : rate);
  const auto updates = static_cast<double>(trial.training.gradient_steps);
  check.within("update_mean_us", t.update_mean_us, 0, updates > 0 ? t.train_s / kMicro / updates : 0);
  // Some decision took as long as any quantile says.
  const double longest = t.evaluate_s / kMicro;
  check.quantile("act_p50_us", t.act_p50_us, std::isnan(t.act_p95_us) ? longest : t.act_p95_us);
  check.quantile("act_p95_us", t.act_p95_us, std::isnan(t.act_p99_us) ? longest : t.act_p99_us);
  check.quantile("act_p99_us", t.act_p99_us, longest);
}

}  // namespace offload
