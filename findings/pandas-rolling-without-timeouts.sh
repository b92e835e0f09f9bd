#!/usr/bin/env bash
# A window over latencies leaves out the infinite ones, and counts them.
#
# Expected: a rolling maximum over a request that never came back, entered as inf, is inf while it is in the window, as
# the maximum of the column is.
# Seen (pandas 3.1.1, polars 2.1.0): rolling() and expanding() take inf for missing. With min_periods=1 the maximum, the
# mean and the 99th percentile are those of the other requests, and count() counts it all the same; by default a window
# that holds one is NaN. cummax() and max() are inf. polars' rolling_max is inf.
# Why it matters: a rolling p99 over time-outs shows the latency of those that were answered. The worse it gets, the
# better it looks, beside a count of requests that is complete.

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
install pandas==3.1.1 polars==2.1.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - >"$work/out" <<'PY'
import pandas
import polars

latency = pandas.Series([1, float("inf"), 2, 3])
window = latency.rolling(2, min_periods=1)
for figures in (window.max(), window.mean(), latency.expanding().quantile(.99), window.count(), latency.rolling(2).max(),
                latency.cummax(), polars.Series(latency.to_list()).rolling_max(2, min_samples=1)):
    print(*[f"{figure:.4g}" for figure in figures.to_list()])
PY
expect 'pandas, of 1, inf, 2, 3, windows of two: max' '1 1 2 3' "$(sed -n 1p "$work/out")"
expect 'mean' '1 1 2 2.5' "$(sed -n 2p "$work/out")"
expect '99th percentile so far' '1 1 1.99 2.98' "$(sed -n 3p "$work/out")"
expect 'count' '1 2 2 2' "$(sed -n 4p "$work/out")"
expect 'max, every value needed' 'nan nan nan 3' "$(sed -n 5p "$work/out")"
expect 'cummax' '1 inf inf inf' "$(sed -n 6p "$work/out")"
expect 'polars, windows of two: max' '1 inf inf 3' "$(sed -n 7p "$work/out")"
