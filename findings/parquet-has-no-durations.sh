#!/usr/bin/env bash
# A latency that is a duration is 0, 1,500,000 or 1,500,000,000 after a walk through Parquet.
#
# Expected: a column of durations comes out of Parquet as it went in, or as a type that the next tool refuses.
# Seen (DuckDB 2.0.1, pandas 3.1.1, polars 2.1.0, pyarrow 26.0.1): Parquet's interval has milliseconds, so that DuckDB
# writes its own of 400 microseconds as 0. The others' durations are whole numbers there, with the unit
# in a note of Arrow's that DuckDB does not read: 1.5 s of pandas are 1500000000 or, by how the column was made, 1500000, of
# polars 1500000. polars and pandas read each other's as 1.5 s.
# Why it matters: decisions take microseconds, all of them 0. And latencies of two tools, one in nanoseconds, stand in
# one table, a thousand times apart, each of them a plain number.

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
install duckdb==2.0.1 pandas==3.1.1 polars==2.1.0 pyarrow==26.0.1 numpy==2.4.6
"$work/venv/bin/python" -W ignore - "$work" >"$work/out" <<'PY'
import datetime
import sys

import duckdb
import pandas
import polars

place = sys.argv[1]
duckdb.sql("select interval '400 microseconds' as t").write_parquet(f"{place}/duckdb.parquet")
print(*duckdb.sql(f"select t, typeof(t) from '{place}/duckdb.parquet'").fetchall()[0])
pandas.DataFrame({"t": pandas.to_timedelta([1.5], unit="s")}).to_parquet(f"{place}/pandas.parquet")
pandas.DataFrame({"t": [datetime.timedelta(seconds=1.5)]}).to_parquet(f"{place}/python.parquet")
polars.DataFrame({"t": [datetime.timedelta(seconds=1.5)]}).write_parquet(f"{place}/polars.parquet")
for tool in ("pandas", "python", "polars"):
    print(*duckdb.sql(f"select t, typeof(t) from '{place}/{tool}.parquet'").fetchall()[0])
print(polars.read_parquet(f"{place}/pandas.parquet")["t"][0], pandas.read_parquet(f"{place}/polars.parquet").t[0])
PY
expect '400 microseconds of DuckDB' '0:00:00 INTERVAL' "$(sed -n 1p "$work/out")"
expect '1.5 s of pandas for DuckDB, by to_timedelta' '1500000000 BIGINT' "$(sed -n 2p "$work/out")"
expect "by Python's timedelta" '1500000 BIGINT' "$(sed -n 3p "$work/out")"
expect '1.5 s of polars for DuckDB' '1500000 BIGINT' "$(sed -n 4p "$work/out")"
expect 'of pandas for polars, of polars for pandas' '0:00:01.500000 0 days 00:00:01.500000' "$(sed -n 5p "$work/out")"
