#!/usr/bin/env bash
# A p value that is not a number is significant after Holm's correction.
#
# Expected: where one of several tests has no p value (nothing varied), a correction leaves that one without a verdict and
# corrects the others, or refuses.
# Seen (statsmodels 0.15.0): multipletests of (.01, .02, nan) by "holm" rejects all three, with a corrected p of nan for
# the third; as soon as the others fail it is not rejected. By "fdr_bh" two are rejected, and every corrected p is nan.
# "hommel" rejects none. pingouin 0.7.0 leaves the nan out and counts two tests. scipy 1.17.1 refuses it.
# Why it matters: two rows that decide alike have a paired test without a p value, which becomes a star in the table just
# where everything else is significant; who looks at the corrected p sees nan, who looks at the verdict sees a finding.

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
install statsmodels==0.15.0 pingouin==0.7.0 scipy==1.17.1 numpy==2.4.6 pandas==3.1.1
"$work/venv/bin/python" -W ignore - >"$work/out" <<'PY'
import math

import pingouin
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

P = [.01, .02, math.nan]
for values, method in ((P, "holm"), ([.01, .2, math.nan], "holm"), (P, "fdr_bh"), (P, "hommel")):
    rejected, corrected = multipletests(values, method=method)[:2]
    print(*rejected, *[f"{p:.3g}" for p in corrected])
rejected, corrected = pingouin.multicomp(P, method="holm")
print(*rejected, *[f"{p:.3g}" for p in corrected])
try:
    print(*false_discovery_control(P))
except ValueError as error:
    print(type(error).__name__)
PY
expect 'statsmodels, holm of .01, .02, nan' 'True True True 0.03 0.04 nan' "$(sed -n 1p "$work/out")"
expect 'holm of .01, .2, nan' 'True False False 0.03 0.4 nan' "$(sed -n 2p "$work/out")"
expect 'fdr_bh of .01, .02, nan' 'True True False nan nan nan' "$(sed -n 3p "$work/out")"
expect 'hommel' 'False False False nan nan nan' "$(sed -n 4p "$work/out")"
expect 'pingouin, holm' 'True True False 0.02 0.02 nan' "$(sed -n 5p "$work/out")"
expect 'scipy, fdr_bh' 'ValueError' "$(sed -n 6p "$work/out")"
