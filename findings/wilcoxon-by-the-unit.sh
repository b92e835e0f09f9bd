#!/usr/bin/env bash
# The same twelve pairs are significant as shares and not as percentages.
#
# Expected: a test of ranks does not know the unit. Wilcoxon's of .85 against .88 is that of 85 against 88.
# Seen (scipy 1.17.1): p = .049 of accuracies as shares with two digits, .098 of the same as whole percentages.
# Differences that are equal, as .87 - .84 and .92 - .89, are not in binary: ties become an order that the last bit
# makes. Nothing is said. Of the differences, rounded to two digits, p is .098 again.
# Why it matters: shares of right answers come in steps of one query, so that many differences are tied, and the star in
# the table depends on whether they were written as .84 or 84.

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
import numpy as np
from scipy.stats import wilcoxon

one = np.array([.70, .62, .61, .89, .59, .51, .84, .57, .84, .79, .53, .54])
other = np.array([.68, .62, .65, .92, .60, .56, .84, .55, .87, .81, .55, .53])
percent = [np.rint(100 * shares).astype(int) for shares in (other, one)]
print(f"{wilcoxon(other, one).pvalue:.4f}")
print(f"{wilcoxon(*percent).pvalue:.4f}")
print(f"{wilcoxon(np.round(other - one, 2)).pvalue:.4f}")
print(len(set(np.abs(other - one))), len(set(np.abs(percent[0] - percent[1]))))
PY
expect 'p of shares' '0.0488' "$(sed -n 1p "$work/out")"
expect 'p of whole percentages' '0.0977' "$(sed -n 2p "$work/out")"
expect 'p of differences, rounded to two digits' '0.0977' "$(sed -n 3p "$work/out")"
expect 'different sizes of differences: shares, percentages' '7 6' "$(sed -n 4p "$work/out")"
