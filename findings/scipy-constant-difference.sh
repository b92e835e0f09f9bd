#!/usr/bin/env bash
# scipy is certain of a difference that never varies, and has no interval for a figure that does not.
#
# Expected: where three pairs differ by the same amount there is no variance to test against, so the paired t test has
# no p value; the bootstrap interval of five equal figures is that figure, or all methods refuse alike.
# Seen (scipy 1.17.1): ttest_rel of (1.5, 2.5, 3.5) and (1, 2, 3) says t = inf and p = 0, of equal triples nan. bootstrap by its
# default (BCa) says nan to nan of five times 0.7, its percentile method 0.7 to 0.7.
# Why it matters: rows that decide by rule score alike in every run. Against each other they are "p = 0 of three runs", which
# survives every correction for many tests, and a violation rate of 0 in all runs has no interval or one of width 0, by the method.

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
install scipy==1.17.1 numpy==2.4.6
"$work/venv/bin/python" -W ignore - >"$work/out" <<'PY'
import numpy
from scipy import stats

shifted, equal = stats.ttest_rel([1.5, 2.5, 3.5], [1, 2, 3]), stats.ttest_rel([1, 2, 3], [1, 2, 3])
print(shifted.statistic, shifted.pvalue, equal.pvalue)
for method in ("BCa", "percentile"):
    interval = stats.bootstrap(([0.7] * 5,), numpy.mean, method=method).confidence_interval
    print(f"{interval.low:.6g} {interval.high:.6g}")
PY
expect 'paired t test of a constant difference: t, p; p of none' 'inf 0.0 nan' "$(sed -n 1p "$work/out")"
expect 'bootstrap of five times 0.7, BCa' 'nan nan' "$(sed -n 2p "$work/out")"
expect 'percentile' '0.7 0.7' "$(sed -n 3p "$work/out")"
