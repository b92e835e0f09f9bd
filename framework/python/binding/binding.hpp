// The module `_core` of the Python package: what each file of this folder adds to it, and what they share.
// Everything that computes is in rooms below; here arguments and results change languages. Private to the
// package: what users see is in offloadbench/*.py.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <vector>

#include "core/error.hpp"

namespace offload::binding {

namespace py = pybind11;

// Sets the Python exception of an error's kind (offloadbench/_errors.py).
void set_error(const Error& error);

// An array, read-only unless `writable`, over memory that `owner` keeps alive. `dtype` as numpy writes it:
// "f8".
py::array shown(const char* dtype, const std::vector<py::ssize_t>& shape, const void* data, py::handle owner,
                bool writable = false);

// A NumPy array of its own.
template <typename Values>
py::array own_array(const Values& values) {
  return py::array(static_cast<py::ssize_t>(values.size()), values.data());
}

void bind_world(py::module_& module);
void bind_batch(py::module_& module);
void bind_stepper(py::module_& module);
void bind_data(py::module_& module);
void bind_oracle(py::module_& module);
void bind_statistics(py::module_& module);

}  // namespace offload::binding
