// The report's statistics over NumPy arrays.
#include "core/counted.hpp"
#include "core/statistics/aggregates.hpp"
#include "core/statistics/intervals.hpp"
#include "core/statistics/tests.hpp"
#include "python/binding/binding.hpp"

namespace offload::binding {
namespace {

using Scores = py::array_t<double, py::array::c_style | py::array::forcecast>;

std::vector<double> vector_of(const Scores& values, const char* what) {
  if (values.ndim() != 1)
    fail(ErrorKind::config, "{}: expected one dimension, found {}", what, values.ndim());
  return {values.data(), values.data() + values.size()};
}

ScoreMatrix matrix_of(const Scores& scores) {
  if (scores.ndim() != 2 || scores.size() == 0) {
    fail(ErrorKind::config, "scores: expected shape (runs, tasks), found {}",
         py::str(scores.attr("shape")).cast<std::string>());
  }
  return {static_cast<std::size_t>(scores.shape(0)),
          static_cast<std::size_t>(scores.shape(1)),
          {scores.data(), scores.data() + scores.size()}};
}

py::tuple ends(const Interval& interval) { return py::make_tuple(interval.low, interval.high); }

py::dict bootstrap(const Scores& scores, int repetitions, std::uint64_t seed) {
  const ScoreMatrix matrix = matrix_of(scores);
  if (repetitions < 1 || repetitions > 10'000'000) {
    fail(ErrorKind::config, "repetitions: expected 1 to 10000000, found {}", repetitions);
  }
  const StratifiedIntervals intervals = stratified_bootstrap({&matrix, 1}, repetitions, seed).front();
  using namespace pybind11::literals;
  return py::dict("mean"_a = ends(intervals.mean), "iqm"_a = ends(intervals.interquartile_mean),
                  "median"_a = ends(intervals.median_of_task_means),
                  "optimality_gap"_a = ends(intervals.optimality_gap));
}

double improvement(const Scores& x, const Scores& y) {
  const ScoreMatrix first = matrix_of(x), second = matrix_of(y);
  if (first.tasks != second.tasks) {
    fail(ErrorKind::config, "scores of {} and of {}; compare the same tasks", first.tasks,
         counted(second.tasks, "task"));
  }
  return probability_of_improvement(first, second);
}

double sign_flip(const Scores& units, std::int64_t flips, std::uint64_t seed) {
  const std::vector<double> values = vector_of(units, "units");
  if (values.empty() || flips < 1 || flips > 100'000'000) {
    fail(ErrorKind::config, "sign_flip: expected at least one unit and 1 to 100000000 flips");
  }
  return sign_flip_above(values, flips, seed);
}

}  // namespace

void bind_statistics(py::module_& module) {
  module.def("mean", [](const Scores& scores) { return mean_score(matrix_of(scores)); });
  module.def("iqm", [](const Scores& scores) { return interquartile_mean(matrix_of(scores)); });
  module.def("median", [](const Scores& scores) { return median_of_task_means(matrix_of(scores)); });
  module.def("optimality_gap", [](const Scores& scores) { return optimality_gap(matrix_of(scores)); });
  module.def("performance_profile", [](const Scores& scores, const Scores& taus) {
    return own_array(performance_profile(matrix_of(scores), vector_of(taus, "taus")));
  });
  module.def("probability_of_improvement", &improvement);
  module.def("stratified_bootstrap", &bootstrap, py::arg("scores"), py::arg("repetitions"), py::arg("seed"));
  module.def("sign_flip", &sign_flip, py::arg("units"), py::arg("flips"), py::arg("seed"));
  module.def("holm", [](const Scores& p) { return own_array(holm(vector_of(p, "p"))); });
  module.def("wilson", [](double rate, double trials) { return ends(wilson_of_rate(rate, trials)); });
}

}  // namespace offload::binding
