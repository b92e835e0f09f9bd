// Episodes of a world: how a batch is made, seeded and restarted. Steps are in stepper.cpp.
#include "python/batch.hpp"

#include "python/binding/binding.hpp"

namespace offload::binding {
namespace {

std::shared_ptr<Batch> make_batch(std::shared_ptr<World> world, const std::string& split, bool test,
                                  const std::string& budgets, const std::string& cell, int slots,
                                  bool next_step) {
  const py::gil_scoped_release release;
  BatchSettings settings;
  settings.split = world->split_index(split);
  settings.test = test;
  settings.budgets = parse_budgets(budgets);
  settings.cell = world->cell_index(cell);
  settings.slots = slots;
  settings.next_step = next_step;
  return std::make_shared<Batch>(std::move(world), settings);
}

void restart(Batch& batch, int slot, std::optional<std::int64_t> episode,
             std::optional<std::array<double, kResources>> limit, std::optional<std::uint64_t> rng_stream) {
  batch.restart(slot, {episode, limit, rng_stream});
}

}  // namespace

void bind_batch(py::module_& module) {
  py::class_<Batch, std::shared_ptr<Batch>>(module, "Batch")
      .def(py::init(&make_batch), py::arg("world"), py::arg("split"), py::arg("test"), py::arg("budgets"),
           py::arg("cell"), py::arg("slots"), py::arg("next_step"))
      .def("seed", &Batch::seed)
      .def("restart", &restart, py::arg("slot"), py::arg("episode") = py::none(),
           py::arg("limit") = py::none(), py::arg("rng") = py::none())
      .def("over", &Batch::over);
  module.def("stream_of", &Batch::stream_of, "The TrainingSource seed that reset(seed=...) draws from");
}

}  // namespace offload::binding
