#!/usr/bin/env bash
# For jax on a CPU a positive number is not above 0, and an improbable token impossible.
#
# Expected: float32 reaches down to 1.4e-45 in every library: softmax of 0 and -90 gives 8e-40, as in NumPy, PyTorch and
# ONNX Runtime, and its logarithm is -90 again.
# Seen (jax 0.10.2 with its CPU client, numpy 2.4.6, onnxruntime 1.32.0): jax computes with every number below 1.2e-38 as
# if it were 0. softmax says 0, its logarithm is minus infinity. An array that holds 1e-39 is not above 0 and equals 0,
# 1 divided by it is infinite; yet float() of the element is 1e-39, and compiled, times 1 keeps it, while without
# compilation, times 1 makes it 0.
# Why it matters: a propensity logged by one library is impossible for the other: a ratio of importance is infinite or not
# a number, and a cross entropy infinite. A guard like "if p > 0" depends on who asks, and jit changes the answer.

set -euo pipefail
need() { command -v "$1" >/dev/null || { echo "needs $1: apt-get install $2" >&2; exit 2; }; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need python3 python3
python3 -m venv "$work/venv" || { echo "needs venv: apt-get install python3-venv" >&2; exit 2; }
install() {
  "$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check "$@" || { echo "cannot install $*" >&2; exit 2; }
}
install jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6 scipy==1.17.1 onnxruntime==1.32.0 onnx==1.23.2
"$work/venv/bin/python" - >"$work/out" 2>"$work/log" <<'PY'
import jax
import jax.numpy as jnp
import numpy
import onnxruntime
from onnx import TensorProto, helper

logits = numpy.array([0, -5, -90], "f")
graph = helper.make_graph([helper.make_node("Softmax", ["x"], ["y"])], "softmax",
                          [helper.make_tensor_value_info("x", TensorProto.FLOAT, [3])],
                          [helper.make_tensor_value_info("y", TensorProto.FLOAT, [3])])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
session = onnxruntime.InferenceSession(model.SerializeToString())
plain = numpy.exp(logits) / numpy.exp(logits).sum()
for shares in (plain, session.run(None, {"x": logits})[0]):
    print(f"{shares[2]:.1e}, {numpy.log(shares[2]):.0f}")
shares = jax.nn.softmax(jnp.array(logits))
print(f"{float(shares[2]):.1e}, {float(jnp.log(shares[2])):.0f}")

small = jnp.array(numpy.full(8, 1e-39, "f"))
element = small[0]
print(bool(element > 0), bool(element == 0), float(1 / element), float(element) > 0)
print(float((small * 1)[0]) > 0, float(jax.jit(lambda values: values * 1)(small)[0]) > 0)
PY
expect 'NumPy, the last of softmax(0, -5, -90) and its logarithm' '8.1e-40, -90' "$(sed -n 1p "$work/out")"
expect 'ONNX Runtime, the same' '8.1e-40, -90' "$(sed -n 2p "$work/out")"
expect 'jax, the same' '0.0e+00, -inf' "$(sed -n 3p "$work/out")"
expect 'jax, 1e-39: above 0, equal to 0, 1 divided by it, float() above 0' 'False True inf True' "$(sed -n 4p "$work/out")"
expect 'times 1 still above 0: as it is, compiled' 'False True' "$(sed -n 5p "$work/out")"
