// The exact policies of a split, and what decisions taken elsewhere come to.
#include "core/counted.hpp"
#include "core/oracle/exact_policies.hpp"

#include <array>

#include "python/binding/binding.hpp"
#include "python/world.hpp"
#include "trial/values/reference.hpp"
#include "trial/values/scoring.hpp"

namespace offload::binding {
namespace {

using namespace pybind11::literals;

py::list cells_of(const ReferenceResult& result) {
  py::list cells;
  for (const ReferenceCell& cell : result.cells) {
    for (const ReferenceScores& scores : cell.scores) {
      cells.append(py::dict(
          "cell"_a = cell.cell, "lens"_a = scores.lens, "model"_a = scores.model,
          "exact"_a = cell.causal.exact, "reason"_a = cell.causal.inexact_reason,
          "lower"_a = cell.causal.lower, "upper"_a = cell.causal.upper,
          "masked_random_value"_a = cell.causal.masked_random.value, "causal"_a = own_array(scores.causal),
          "hindsight"_a = own_array(scores.hindsight), "hindsight_exact"_a = scores.hindsight_exact,
          "masked_random"_a = own_array(scores.masked_random), "constant"_a = own_array(scores.constant),
          "best_constant_action"_a = cell.constant.action));
    }
  }
  return cells;
}

py::dict exact_policies(World& world, const std::string& split) {
  ReferenceResult result;
  {
    const py::gil_scoped_release release;
    const auto ignore = [](double) {};
    result = run_reference(world.experiment(), world.split_index(split), world.reward_library(), ignore);
  }
  return py::dict("split"_a = result.split, "episode_ids"_a = own_array(result.episode_ids),
                  "cells"_a = cells_of(result));
}

// The best policy that sees only what an agent sees, ready to be asked.
class CausalPolicy {
 public:
  CausalPolicy(std::shared_ptr<World> world, const std::string& split)
      : world_(std::move(world)),
        played_(world_->played(world_->split_index(split))),
        rewards_{&played_.reward},
        model_(fit_causal_model(played_.scenario,
                                world_->experiment().splits[world_->split_index(split)].train)) {
    const std::lock_guard lock(played_.busy);
    oracle_ = std::make_unique<CausalOracle>(
        played_.scenario, *played_.model, model_, world_->experiment().cells, rewards_,
        OracleLimits{world_->experiment().suite.evaluation.oracle_nodes, 0});
  }

  py::tuple decide(const std::string& cell, const std::vector<std::uint8_t>& tasks,
                   const std::vector<std::uint16_t>& actions) const {
    const std::size_t c = world_->cell_index(cell);
    if (!oracle_->cell(c).exact) {
      fail(ErrorKind::config, "cell '{}' has no exact causal policy: {}", printable(cell),
           oracle_->cell(c).inexact_reason);
    }
    check(tasks, actions);
    const Decision decision = oracle_->decide(c, tasks, actions);
    return py::make_tuple(decision.action, decision.tied);
  }
  // The policy's value per episode in a cell, or the bounds around it: (lower, upper, exact).
  py::tuple value(const std::string& cell) const {
    const CausalCell& found = oracle_->cell(world_->cell_index(cell));
    return py::make_tuple(found.lower, found.upper, found.exact);
  }

 private:
  void check(const std::vector<std::uint8_t>& tasks, const std::vector<std::uint16_t>& actions) const {
    const Scenario& scenario = played_.scenario;
    if (tasks.empty() || tasks.size() != actions.size() + 1 ||
        tasks.size() > static_cast<std::size_t>(scenario.turns_max())) {
      fail(ErrorKind::config, "{} and {}; give 1 to {} and one action less", counted(tasks.size(), "task"),
           counted(actions.size(), "action"), counted(scenario.turns_max(), "task"));
    }
    for (const int task : tasks) {
      if (task >= scenario.tasks())
        fail(ErrorKind::config, "task {} is outside 0..{}", task, scenario.tasks() - 1);
    }
    for (const int action : actions) {
      if (action < scenario.actions().size()) continue;
      fail(ErrorKind::config, "action {} is outside 0..{}", action, scenario.actions().size() - 1);
    }
  }

  std::shared_ptr<World> world_;
  Played& played_;
  std::array<RewardModel*, 1> rewards_;
  CausalModel model_;
  std::unique_ptr<CausalOracle> oracle_;
};

using Decisions = std::vector<std::vector<std::uint16_t>>;

py::list scored(const std::vector<CellResult>& cells) {
  py::list list;
  for (const CellResult& cell : cells) {
    py::list scores;
    for (const EpisodeScores& s : cell.scores) {
      scores.append(py::dict("lens"_a = s.lens, "model"_a = s.model, "reward"_a = own_array(s.reward),
                             "quality"_a = own_array(s.quality), "association"_a = own_array(s.association)));
    }
    list.append(py::dict("cell"_a = cell.cell, "latency_s"_a = own_array(cell.latency_s),
                         "cost_usd"_a = own_array(cell.cost_usd), "masked_actions"_a = cell.masked_actions,
                         "scores"_a = scores));
  }
  return list;
}

// `decisions` [cells given] of [tests][turns].
py::list score(World& world, const std::string& split_name,
               const std::map<std::string, Decisions>& decisions) {
  const Experiment& experiment = world.experiment();
  const std::size_t index = world.split_index(split_name);
  const Split& split = experiment.splits[index];
  const std::vector<std::uint32_t> tests = test_episodes(experiment, split);
  for (const auto& [cell, episodes] : decisions) {
    world.cell_index(cell);
    if (episodes.size() == tests.size()) continue;
    fail(ErrorKind::data, "cell '{}': decisions for {}, where split '{}' tests {}", printable(cell),
         counted(episodes.size(), "episode"), split.name, tests.size());
  }
  // Cells without decisions are scored by those of the first that has some, and left out again: a scoring
  // wants every cell in the experiment's order.
  if (decisions.empty()) fail(ErrorKind::data, "decisions: no budget cell; name at least one");
  Played& played = world.played(index);
  const std::lock_guard lock(played.busy);
  Scoring scoring(experiment, split, tests, played.reward);
  std::vector<CellResult> cells;
  for (std::size_t c = 0; c < experiment.cells.size(); ++c) {
    const auto given = decisions.find(experiment.cells[c].name);
    cells.push_back(
        scoring.replayed(c, given != decisions.end() ? given->second : decisions.begin()->second));
  }
  std::vector<CellResult>* trial = &cells;
  scoring.score({&trial, 1});
  std::erase_if(cells, [&](const CellResult& cell) { return !decisions.contains(cell.cell); });
  return scored(cells);
}

}  // namespace

void bind_oracle(py::module_& module) {
  module.def("exact_policies", &exact_policies, py::arg("world"), py::arg("split"));
  module.def("score", &score, py::arg("world"), py::arg("split"), py::arg("decisions"));
  py::class_<CausalPolicy>(module, "CausalPolicy")
      .def(py::init<std::shared_ptr<World>, const std::string&>(), py::arg("world"), py::arg("split"))
      .def("decide", &CausalPolicy::decide)
      .def("value", &CausalPolicy::value);
}

}  // namespace offload::binding
