// Data sets as columns, without copies.
#include "data/dataset.hpp"

#include <memory>

#include "python/binding/binding.hpp"
#include "suite/experiment.hpp"

namespace offload::binding {
namespace {

std::shared_ptr<EpisodeTable> open_table(const std::string& source, std::uint64_t seed) {
  const py::gil_scoped_release release;
  std::error_code error;
  const auto cache = cache_folder(std::filesystem::temp_directory_path(error) / "offload-bench-cache");
  return std::make_shared<EpisodeTable>(load_dataset(source, seed, {}, cache));
}

template <typename Values>
void add(py::dict& columns, const char* name, const char* dtype, const Values& values, py::handle owner) {
  if (values.empty()) return;
  columns[name] = shown(dtype, {static_cast<py::ssize_t>(values.size())}, values.data(), owner);
}

py::dict columns_of(const py::object& self) {
  const auto& table = self.cast<const EpisodeTable&>();
  py::dict columns;
  add(columns, "id", "i8", table.id, self);
  add(columns, "first_turn", "u8", table.first_turn, self);
  add(columns, "task", "u1", table.task, self);
  add(columns, "action", "u2", table.action, self);
  add(columns, "score", "f8", table.score, self);
  add(columns, "raw_score", "f8", table.raw_score, self);
  add(columns, "latency_s", "f8", table.latency_s, self);
  add(columns, "cost_usd", "f8", table.cost_usd, self);
  columns["association"] = shown("f8", {static_cast<py::ssize_t>(table.turns()), table.modalities},
                                 table.association.data(), self);
  return columns;
}

}  // namespace

void bind_data(py::module_& module) {
  py::class_<EpisodeTable, std::shared_ptr<EpisodeTable>>(module, "Table")
      .def(py::init(&open_table), py::arg("source"), py::arg("seed"))
      .def("columns", [](const py::object& self) { return columns_of(self); })
      .def_readonly("tasks", &EpisodeTable::tasks)
      .def_readonly("sha256", &EpisodeTable::sha256)
      .def_readonly("modalities", &EpisodeTable::modalities);
}

}  // namespace offload::binding
