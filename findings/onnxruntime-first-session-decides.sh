#!/usr/bin/env bash
# The first session in a process says for all, and for NumPy and Python too, whether tiny numbers are 0.
#
# Expected: session.set_denormal_as_zero is an entry of a session's options, and holds for what that session runs.
# Seen (onnxruntime 1.32.0, CPU, numpy 2.4.6): it is looked at when the process makes its first session, and never again,
# without a warning. Asked for by a later one, it does nothing. Asked for by the first, it holds for every session after
# it, and for the thread that made it: there NumPy's 1e-39 times 1 and Python's own 2e-308 times .1 are 0 from then on,
# and in threads that it starts.
# Why it matters: which of two models is loaded first changes what the other one answers, and statistics in the same
# process; a benchmark of the option that makes a session without it first, to compare, measures the same twice.

set -euo pipefail
need() { command -v "$1" >/dev/null || { echo "needs $1: apt-get install $2" >&2; exit 2; }; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need python3 python3
case $(uname -m) in x86_64) ;; *) echo "skipped: needs x86-64"; exit 0 ;; esac
python3 -m venv "$work/venv" || { echo "needs venv: apt-get install python3-venv" >&2; exit 2; }
install() {
  "$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check "$@" || { echo "cannot install $*" >&2; exit 2; }
}
install onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
cat >"$work/seen.py" <<'PY'
import sys

import numpy
import onnxruntime
from onnx import TensorProto, helper

floats = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [8])
graph = helper.make_graph([helper.make_node("Mul", ["x", "y"], ["z"])], "times", [floats("x"), floats("y")], [floats("z")])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
tiny, one = numpy.full(8, 1e-39, "f"), numpy.ones(8, "f")
for asked in sys.argv[1:]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    if asked == "zero":
        options.add_session_config_entry("session.set_denormal_as_zero", "1")
    session = onnxruntime.InferenceSession(model, options)
    times = session.run(None, {"x": tiny, "y": one})[0][0]
    small = float("2e-308")
    print(*["zero" if value == 0 else "kept" for value in (times, (tiny * one)[0], small * float("0.1"))], end="; ")
print()
PY
seen() { "$work/venv/bin/python" "$work/seen.py" "$@" 2>"$work/log"; }
echo "of a session's product, NumPy's and Python's after it:"
expect 'one session, that does not ask for zeros' 'kept kept kept; ' "$(seen no)"
expect 'one that asks' 'zero zero zero; ' "$(seen zero)"
expect 'one that does not, then one that asks' 'kept kept kept; kept kept kept; ' "$(seen no zero)"
expect 'one that asks, then one that does not' 'zero zero zero; zero zero zero; ' "$(seen zero no)"
