#!/usr/bin/env bash
# The tensors of a safetensors file come in another order each time that they are loaded from bytes.
#
# Expected: load(save(tensors)) gives a dict in the order of the one that was saved, or in one of the file's at least;
# load_file() the same one.
# Seen (safetensors 0.8.0): load(), which takes bytes, draws the order: loaded again and again, the same bytes come in all
# orders there are. load_file() keeps the file's, which is by type and then by name: layer 10 comes before 2, and a
# half-precision tensor that was saved first comes last. keys() of safe_open() are by name alone.
# Why it matters: weights that are given to layers in turn, zip(layers, tensors.values()), fit by chance where the shapes
# are equal; a sum or a digest over the tensors has other bits in every run.

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
install safetensors==0.8.0 numpy==2.4.6
"$work/venv/bin/python" - "$work/weights" >"$work/out" <<'PY'
import sys

import numpy
from safetensors import safe_open
from safetensors.numpy import load, load_file, save_file

saved = {"0": numpy.zeros(2, "e"), "2": numpy.zeros(2, "f"), "10": numpy.zeros(2, "f"), "bias": numpy.zeros(2, "f")}
save_file(saved, sys.argv[1])
print(*saved)
print(*load_file(sys.argv[1]))
with safe_open(sys.argv[1], "numpy") as file:
    print(*file.keys())
with open(sys.argv[1], "rb") as file:
    data = file.read()
print(len({tuple(load(data)) for _ in range(2000)}))
PY
expect 'saved' '0 2 10 bias' "$(sed -n 1p "$work/out")"
expect 'load_file()' '10 2 bias 0' "$(sed -n 2p "$work/out")"
expect 'keys of safe_open()' '0 10 2 bias' "$(sed -n 3p "$work/out")"
expect 'orders of four tensors by load(), loaded 2,000 times' '24' "$(sed -n 4p "$work/out")"
