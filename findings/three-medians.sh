#!/usr/bin/env bash
# The median of 1, 2, 3, 4 is 2, 2.5 or 3, sometimes within one library.
#
# Expected: quantile(0.5) is the median, 2.5, as in numpy and pandas.
# Seen (polars 2.1.0, DuckDB 2.0.0): polars' quantile takes the nearest value and says 3, its median says 2.5, and the
# line "50%" of its describe() says 3. DuckDB's quantile is the discrete one and says 2, its median says 2.5.
# Why it matters: a median latency of few runs changes with the tool by as much as two methods differ; 95th percentiles
# of short series more.

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
install polars==2.1.0 duckdb==2.0.0 pandas==3.1.1 numpy==2.4.6
python - >"$work/out" <<'PY'
import duckdb
import pandas
import polars

values = [1.0, 2.0, 3.0, 4.0]
print(pandas.Series(values).quantile(0.5))
series = polars.Series("x", values)
described = dict(series.to_frame().describe().rows())
print(series.quantile(0.5), series.median(), described["50%"])
rows = duckdb.sql("select quantile(x, 0.5), median(x) from (select unnest([1.0::double, 2.0, 3.0, 4.0]) as x)").fetchall()
print(*rows[0])
PY
expect 'pandas quantile' '2.5' "$(sed -n 1p "$work/out")"
expect 'polars quantile, median, describe' '3.0 2.5 3.0' "$(sed -n 2p "$work/out")"
expect 'DuckDB quantile, median' '2.0 2.5' "$(sed -n 3p "$work/out")"
