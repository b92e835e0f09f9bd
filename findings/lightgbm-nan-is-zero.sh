#!/usr/bin/env bash
# A latency that is missing is the shortest for LightGBM, the longest for XGBoost, a common one for scikit-learn.
#
# Expected: NaN is a missing value, which trees send the way of most cases where none was missing while they learned.
# Seen (LightGBM 4.7.0, XGBoost 3.2.0, scikit-learn 1.9.1): learned of figures from 100 to 200, all of them there,
# LightGBM answers NaN as it answers 0, so as the smallest, XGBoost as the largest, whatever most cases were;
# scikit-learn as most were. With some NaN in training LightGBM has learned where they belong, and 0 is what it was.
# Why it matters: a router is trained on a log that is whole and meets a missing latency when it serves: the endpoint
# that does not answer is the fastest or the slowest one, by the library.

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
grep -q libgomp.so.1 <<<"$(ldconfig -p)" || { echo "needs libgomp.so.1: apt-get install libgomp1" >&2; exit 2; }
install lightgbm==4.7.0 xgboost-cpu==3.2.0 scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
"$work/venv/bin/python" -W ignore - >"$work/out" <<'PY'
import lightgbm
import numpy as np
import xgboost
from sklearn.ensemble import HistGradientBoostingRegressor

draw = np.random.default_rng(0)
latency = draw.uniform(100, 200, size=(2000, 1))
ASKED = np.array([[np.nan], [0], [101], [199]])
MODELS = (lightgbm.LGBMRegressor(n_estimators=50, verbose=-1, n_jobs=1), xgboost.XGBRegressor(n_estimators=50, n_jobs=1),
          HistGradientBoostingRegressor(max_iter=50))


def say(model, known, failed):
    print(*model.fit(known, failed).predict(ASKED).round().astype(int))


for limit in (130, 170):
    for model in MODELS:
        say(model, latency, (latency[:, 0] > limit) * 1.0)
gaps = latency.copy()
gaps[(latency[:, 0] > 130) & (draw.random(2000) < .1)] = np.nan
say(MODELS[0], gaps, (latency[:, 0] > 130) * 1.0)
PY
line() { sed -n "$1p" "$work/out"; }
expect 'LightGBM, failed above 130: NaN, 0, 101, 199' '0 0 0 1' "$(line 1)"
expect 'XGBoost / scikit-learn' '1 0 0 1 / 1 0 0 1' "$(line 2) / $(line 3)"
expect 'LightGBM, failed above 170' '0 0 0 1' "$(line 4)"
expect 'XGBoost / scikit-learn there' '1 0 0 1 / 0 0 0 1' "$(line 5) / $(line 6)"
expect 'LightGBM, some NaN in training, all failed' '1 0 0 1' "$(line 7)"
