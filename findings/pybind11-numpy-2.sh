#!/usr/bin/env bash
# Built with Debian 12's pybind11 and imported beside NumPy 2, every element of an array is its first.
#
# Expected: an extension built with a pybind11 from before NumPy 2 says so when it is imported beside NumPy 2, as one built
# with NumPy's own C interface does; or it works, since pybind11 needs no header of NumPy.
# Seen (pybind11 2.10.3, which Debian 12 has, NumPy 2.4.6, CPython 3.11): it imports, and py::array(dtype, shape, {}, data)
# has strides of 0, because the size of an element is read where NumPy 2 keeps something else. Lengths, types and the
# first value are right. With pybind11 2.12.0 all is.
# Why it matters: `apt install pybind11-dev`, a build without isolation, and a newer NumPy in the virtual environment: all
# environments of a vector then report the first one's reward, and nothing fails.

set -euo pipefail
need() { command -v "$1" >/dev/null || { echo "needs $1: apt-get install $2" >&2; exit 2; }; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need python3 python3
need g++ g++
[ -f "$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h" ] ||
  { echo "needs Python.h: apt-get install python3-dev" >&2; exit 2; }
python3 -m venv "$work/venv" || { echo "needs venv: apt-get install python3-venv" >&2; exit 2; }
install() {
  "$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check "$@" || { echo "cannot install $*" >&2; exit 2; }
}
python() { "$work/venv/bin/python" "$@"; }
cat >"$work/shown.cpp" <<'CPP'
#include <pybind11/numpy.h>

namespace py = pybind11;

PYBIND11_MODULE(shown, module) {
  static const double values[] = {1, 2, 3};
  module.def("array", [module] { return py::array(py::dtype("f8"), {3}, {}, values, module); });
}
CPP
include=$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')
shown() {
  install "pybind11==$1" "numpy==$2"
  local headers
  headers=$(python -c 'import pybind11; print(pybind11.get_include())')
  g++ -std=c++17 -shared -fPIC -fvisibility=hidden -I"$headers" -I"$include" "$work/shown.cpp" -o "$work/shown.so"
  (cd "$work" && python -c 'import shown; print(shown.array().tolist(), shown.array().strides)')
}
expect '[1, 2, 3] by pybind11 2.10.3 with NumPy 1.26.4' '[1.0, 2.0, 3.0] (8,)' "$(shown 2.10.3 1.26.4)"
expect '[1, 2, 3] by pybind11 2.10.3 with NumPy 2.4.6' '[1.0, 1.0, 1.0] (0,)' "$(shown 2.10.3 2.4.6)"
expect '[1, 2, 3] by pybind11 2.12.0 with NumPy 2.4.6' '[1.0, 2.0, 3.0] (8,)' "$(shown 2.12.0 2.4.6)"
