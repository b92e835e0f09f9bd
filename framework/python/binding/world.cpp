// A suite that is opened in this process: what it comes to.
#include "python/world.hpp"

#include "plugin/python_source.hpp"
#include "process/sandbox.hpp"

#include "python/binding/binding.hpp"

namespace offload::binding {
namespace {

py::tuple limit_of(const Amounts& limit) {
  return py::make_tuple(from_amount(limit[0], 0), from_amount(limit[1], 1));
}

std::shared_ptr<World> open_world(const std::string& suite, const std::string& dataset,
                                  const std::string& plugins, const std::string& reward,
                                  const std::string& compat, bool trust_reward, const std::string& python) {
  const py::gil_scoped_release release;
  return std::make_shared<World>(
      OpenedWorldSettings{suite, dataset, plugins, reward, python, compat, trust_reward});
}

// Of a reward in Python, the file; else nothing.
std::string reward_file(const World& world) {
  const auto python = python_agent(world.reward_library().native());
  return python ? python->file.string() : "";
}

py::dict describe(const World& world) {
  const Experiment& experiment = world.experiment();
  const Scenario& scenario = experiment.environment();
  py::dict cells, splits;
  for (const BudgetCell& cell : experiment.cells) cells[py::str(cell.name)] = limit_of(cell.limit);
  for (const Split& split : experiment.splits) {
    splits[py::str(split.name)] = py::make_tuple(split.train.size(), split.test.size());
  }
  py::list images;
  for (const std::uint32_t sent : scenario.actions().images()) images.append(sent);
  const std::vector<double>& values = scenario.consumption().values();
  py::array_t<double> consumption({scenario.actions().size(), kResources}, values.data());
  using namespace pybind11::literals;
  return py::dict("name"_a = experiment.suite.name, "description"_a = experiment.suite.description,
                  "actions"_a = scenario.actions().size(), "images"_a = images, "consumption"_a = consumption,
                  "tasks"_a = scenario.data().tasks, "window"_a = scenario.layout().window(),
                  "turns_max"_a = scenario.turns_max(), "observation"_a = scenario.layout().size(),
                  "frames"_a = scenario.layout().frames(), "frame"_a = scenario.layout().frame(),
                  "plain"_a = scenario.compat().observation == ObservationKind::offload, "cells"_a = cells,
                  "splits"_a = splits, "reward"_a = experiment.suite.reward.plugin,
                  "reward_file"_a = reward_file(world), "data_sha256"_a = experiment.data_sha256);
}

py::list test_ids(const World& world, const std::string& split) {
  const Experiment& experiment = world.experiment();
  const Split& chosen = experiment.splits[world.split_index(split)];
  py::list ids;
  for (const std::uint32_t e : test_episodes(experiment, chosen)) {
    ids.append(experiment.scenario_of(chosen).data().id[e]);
  }
  return ids;
}

// What this machine lacks of the isolation of a split's reward, in words; empty: nothing.
std::string missing(World& world, const std::string& split) {
  const py::gil_scoped_release release;
  return missing_text(world.played(world.split_index(split)).reward.held());
}

}  // namespace

void bind_world(py::module_& module) {
  py::class_<World, std::shared_ptr<World>>(module, "World")
      .def(py::init(&open_world), py::arg("suite"), py::arg("dataset"), py::arg("plugins"), py::arg("reward"),
           py::arg("compat"), py::arg("trust_reward"), py::arg("python"))
      .def("describe", &describe)
      .def("missing", &missing)
      .def("test_ids", &test_ids);
}

}  // namespace offload::binding
