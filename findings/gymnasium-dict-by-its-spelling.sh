#!/usr/bin/env bash
# The same observations, written with keywords or in braces, are two vectors; the spaces are equal.
#
# Expected: Dict(time=..., cost=...) and Dict({"time": ..., "cost": ...}) are one space, and two spaces that are equal
# flatten alike.
# Seen (gymnasium 1.4.0): a dict in braces is sorted by its keys, keywords and an OrderedDict are not. Of the same
# observation one makes (cost, time), the other (time, cost). == says that the two are equal, and each holds that
# observation; with the same seed one draws for the time what the other draws for the cost.
# Why it matters: a policy that was trained on one and is shown the other reads the cost where it learned the time, and
# whoever asks by == whether the two fit is told that they do.

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
install gymnasium==1.4.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - >"$work/out" <<'PY'
from collections import OrderedDict

import numpy as np
from gymnasium.spaces import Box, Dict, flatten

ONE = Box(0, 1, (1,), np.float32)
spaces = [Dict({"time": ONE, "cost": ONE}), Dict(time=ONE, cost=ONE), Dict(OrderedDict(time=ONE, cost=ONE))]
observation = {"time": np.array([.25], np.float32), "cost": np.array([.75], np.float32)}
for space in spaces:
    print(*flatten(space, observation))
print(spaces[0] == spaces[1], all(space.contains(observation) for space in spaces))
drawn = []
for space in (Dict({"time": Box(0, 1, (1,)), "cost": Box(0, 1, (1,))}), Dict(time=Box(0, 1, (1,)), cost=Box(0, 1, (1,)))):
    space.seed(1)
    drawn.append(space.sample())
print(drawn[0]["time"] == drawn[1]["cost"])
PY
expect 'time .25, cost .75: in braces' '0.75 0.25' "$(sed -n 1p "$work/out")"
expect 'as keywords' '0.25 0.75' "$(sed -n 2p "$work/out")"
expect 'as an OrderedDict' '0.25 0.75' "$(sed -n 3p "$work/out")"
expect 'equal, each holds it' 'True True' "$(sed -n 4p "$work/out")"
expect 'the time drawn of one is the cost of the other' '[ True]' "$(sed -n 5p "$work/out")"
