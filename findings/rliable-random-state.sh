#!/usr/bin/env bash
# The random state of a bootstrap is taken, and not used.
#
# Expected: get_interval_estimates(..., random_state=RandomState(0)) gives the same interval each time; that is what the
# argument is for.
# Seen (rliable 1.2.0 on arch 7.2.0): the interval changes from call to call all the same. What does repeat it is the
# global generator, numpy.random.seed, which the stratified resampling draws from without being told.
# Why it matters: published intervals cannot be made again from the script that made them, and whatever else draws from
# numpy.random in between moves them.

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
install rliable==1.2.0 arch==7.2.0 pandas==2.2.3 numpy==2.4.6 scipy==1.17.1
python -W ignore - >"$work/out" <<'PY'
import numpy as np
from rliable import library, metrics

scores = {"agent": np.random.default_rng(7).normal(size=(5, 4))}


def interval(**more):
    aggregate = lambda x: np.array([metrics.aggregate_iqm(x)])
    return library.get_interval_estimates(scores, aggregate, reps=300, **more)[1]["agent"].ravel().tolist()


print(interval(random_state=np.random.RandomState(0)) == interval(random_state=np.random.RandomState(0)))
np.random.seed(0)
first = interval()
np.random.seed(0)
print(first == interval())
PY
expect 'same interval with the same random_state' 'False' "$(sed -n 1p "$work/out")"
expect 'same interval after the same numpy.random.seed' 'True' "$(sed -n 2p "$work/out")"
