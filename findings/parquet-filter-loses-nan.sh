#!/usr/bin/env bash
# A row whose latency is NaN passes "is not 5" in a table, and is gone when the Parquet file is asked the same.
#
# Expected: a filter gives the same rows whether it is applied while a file is read or to the table that was read; a
# file's statistics of a column only save work.
# Seen (pyarrow 26.0.1, polars 2.1.0, DuckDB 2.0.1): the column 5, 5, NaN, 5 written by pyarrow or polars says of itself
# "least 5, greatest 5", as if there were no NaN. pyarrow's filters and DuckDB then pass over the whole group of rows for
# x != 5 (DuckDB for x > 7 too, where it takes NaN for the greatest of all numbers); the table in memory has one row.
# polars keeps the row in both. A file that DuckDB wrote has no such statistics, and all agree.
# Why it matters: a latency that nobody measured is NaN in pandas. Counting the rows that are not the usual value, or
# beyond a limit, depends on who wrote the file, who reads it, and whether the filter came before or after.

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
install pyarrow==26.0.1 polars==2.1.0 duckdb==2.0.1 pandas==3.1.1 numpy==2.4.6
python - "$work" >"$work/out" <<'PY'
import math
import os
import sys

import duckdb
import polars
import pyarrow
import pyarrow.compute
import pyarrow.parquet

os.chdir(sys.argv[1])
rows = pyarrow.table({"x": [5.0, 5.0, math.nan, 5.0]})
pyarrow.parquet.write_table(rows, "pyarrow.parquet")
polars.from_arrow(rows).write_parquet("polars.parquet")
duckdb.sql("copy rows to 'duckdb.parquet' (format parquet)")
unlike = pyarrow.compute.field("x") != 5


def count(source, condition):
    return duckdb.sql(f"select count(*) from {source} where {condition}").fetchall()[0][0]


written = [f"{writer}.parquet" for writer in ("pyarrow", "polars", "duckdb")]
print(rows.filter(unlike).num_rows, *(pyarrow.parquet.read_table(name, filters=unlike).num_rows for name in written))
print(count("rows", "x != 5"), *(count(f"'{name}'", "x != 5") for name in written))
print(count("rows", "x > 7"), *(count(f"'{name}'", "x > 7") for name in written))
lazy = [polars.scan_parquet(name).filter(polars.col("x") != 5).collect().height for name in written]
print(polars.from_arrow(rows).filter(polars.col("x") != 5).height, *lazy)
PY
expect 'polars, x != 5: in memory, files of pyarrow, polars, DuckDB' '1 1 1 1' "$(sed -n 4p "$work/out")"
expect 'pyarrow, x != 5' '1 0 0 1' "$(sed -n 1p "$work/out")"
expect 'DuckDB, x != 5' '1 0 0 1' "$(sed -n 2p "$work/out")"
expect 'DuckDB, x > 7' '1 0 0 1' "$(sed -n 3p "$work/out")"
