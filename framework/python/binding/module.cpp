#include <exception>

#include "plugin/installation.hpp"
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
  module.doc() = "The compiled part of offloadbench; private.";
  module.attr("version") = OFFLOAD_VERSION;
  pybind11::register_exception_translator(&binding::translate);
  module.def("use_command", [](const std::string& command) { offload::use_command(command); });
  binding::bind_world(module);
  binding::bind_batch(module);
  binding::bind_stepper(module);
  binding::bind_data(module);
  binding::bind_oracle(module);
  binding::bind_statistics(module);
}
