#!/usr/bin/env bash
# The interquartile mean of three runs is the plain mean.
#
# Expected: rliable's aggregate_iqm, made to be robust, takes no more than half the weight from the best and the worst
# of three runs, so that one run of 10 among 0.1 and 0.2 moves it little.
# Seen (rliable 1.2.0): it trims whole scores, a quarter of the number rounded down on either side. Below four scores in
# all that is none, so 10 counts in full and the IQM is the mean; with five scores it drops one of each end. And a
# single run per task gives a confidence interval without width, as resampling one run can only give it again.
# Why it matters: three seeds are what people can pay for, "IQM" in the table promises what it does not do there, and an
# interval of width 0 looks like certainty.

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
python - >"$work/out" <<'PY'
import numpy as np
from rliable import library, metrics

runs = np.array([[0.1], [0.2], [10.0]])
print(f"{metrics.aggregate_iqm(runs):.4f} {runs.mean():.4f}")
print(f"{metrics.aggregate_iqm(np.array([[1.0], [2.0], [3.0], [4.0], [100.0]])):.4f}")
one = {"once": np.array([[0.1, 0.9, 3.0]])}
_, interval = library.get_interval_estimates(one, lambda x: np.array([metrics.aggregate_mean(x)]), reps=200)
low, high = interval["once"].ravel()
print(f"{high - low:.4f}")
PY
expect 'IQM and mean of 0.1, 0.2, 10' '3.4333 3.4333' "$(sed -n 1p "$work/out")"
expect 'IQM of 1, 2, 3, 4, 100' '3.0000' "$(sed -n 2p "$work/out")"
expect 'width of the 95 % interval of one run on each of three tasks' '0.0000' "$(sed -n 3p "$work/out")"
