#include <fmt/format.h>

#include <exception>
#include <string>

#include "process/installation.hpp"
#include "python/binding/binding.hpp"
#include "remote/remote_process.hpp"

namespace offload::binding {
namespace {

const char* class_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::config:
      return "ConfigError";
    case ErrorKind::data:
      return "DataError";
    case ErrorKind::plugin:
      return "PluginError";
    case ErrorKind::io:
      return "IoError";
    case ErrorKind::run:
      break;
  }
  return "RunError";
}

void translate(std::exception_ptr thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Error& error) {
    set_error(error);
  } catch (const AgentEnded& end) {
    set_error(Error(ErrorKind::plugin, end.what()));
  }
}

// An older pybind11 looks for the size of an element where NumPy 2 has something else, finds 0, and every
// element of an array would be its first.
void refuse_numpy_2() {
#if PYBIND11_VERSION_HEX < 0x020C0000
  const auto version = py::str(py::module_::import("numpy").attr("__version__")).cast<std::string>();
  if (std::stoi(version) < 2) return;
  throw py::import_error(fmt::format(
      "offloadbench was built with pybind11 {}.{}, which shows arrays wrongly with NumPy {}; build it "
      "with pybind11 2.12 or later (`pip install .` does, unless by --no-build-isolation), or use "
      "NumPy 1",
      PYBIND11_VERSION_MAJOR, PYBIND11_VERSION_MINOR, version));
#endif
}

}  // namespace

void set_error(const Error& error) {
  const py::object type = py::module_::import("offloadbench._errors").attr(class_of(error.kind()));
  PyErr_SetString(type.ptr(), error.what());
}

py::array shown(const char* dtype, const std::vector<py::ssize_t>& shape, const void* data, py::handle owner,
                bool writable) {
  py::array array(py::dtype(dtype), shape, {}, data, owner);
  if (!writable) array.attr("setflags")(py::arg("write") = false);
  return array;
}

}  // namespace offload::binding

PYBIND11_MODULE(_core, module) {
  namespace binding = offload::binding;
  binding::refuse_numpy_2();
  module.doc() = "The compiled part of offloadbench; private.";
  module.attr("version") = OFFLOAD_VERSION;
  module.attr("pybind11") = PYBIND11_VERSION_HEX;
  pybind11::register_exception_translator(&binding::translate);
  module.def("use_command", [](const std::string& command) { offload::use_command(command); });
  binding::bind_world(module);
  binding::bind_batch(module);
  binding::bind_stepper(module);
  binding::bind_data(module);
  binding::bind_oracle(module);
  binding::bind_statistics(module);
}
