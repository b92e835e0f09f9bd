#!/usr/bin/env bash
# A mask that allows nothing still gives an action.
#
# Expected: gymnasium's Discrete.sample(mask=...) raises when the mask forbids every action, as there is nothing to
# draw.
# Seen (gymnasium 1.4.0): it returns the first action, forbidden like all others, every time and without a word;
# MultiDiscrete does the same per component. A mask of bool, which is what most would pass, is refused.
# Why it matters: a random baseline under a budget that nothing fits (the state that a masked environment must never
# reach) goes on as "always action 0", and its reward is taken for a random agent's.

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
python() { "$work/venv/bin/python" "$@"; }
install gymnasium==1.4.0 numpy==2.4.6
python - >"$work/out" <<'PY'
import numpy as np
from gymnasium.spaces import Discrete, MultiDiscrete

nothing = np.zeros(4, dtype=np.int8)
discrete = Discrete(4, start=7, seed=3)
print(sorted({int(discrete.sample(mask=nothing)) for _ in range(50)}))
multi = MultiDiscrete([4, 4], seed=3)
print(sorted({int(multi.sample(mask=(nothing, np.array([0, 0, 1, 0], dtype=np.int8)))[0]) for _ in range(50)}))
try:
    discrete.sample(mask=np.ones(4, dtype=bool))
    print("accepted")
except AssertionError:
    print("AssertionError")
PY
expect 'actions 7..10, none allowed, 50 draws' '[7]' "$(sed -n 1p "$work/out")"
expect 'MultiDiscrete, first component without an allowed action' '[0]' "$(sed -n 2p "$work/out")"
expect 'a mask of bool' 'AssertionError' "$(sed -n 3p "$work/out")"
