#!/usr/bin/env bash
# A column of 64-bit seeds, four readers of CSV: only some keep it.
#
# Expected: seeds up to 2^64 - 1 are integers in every reader of today, or an error.
# Seen (pandas 3.1.1, pyarrow 26.0.1, polars 2.1.0, DuckDB 2.0.0): pandas gives uint64 and DuckDB a wider integer, both
# exact. pyarrow, and pandas with engine="pyarrow", silently make the whole column a double, so that seeds which differ
# in the last eleven bits become equal. polars is exact with a wider integer if the first rows show a large seed, and
# fails if it comes later.
# Why it matters: seeds and hashes identify trials. Joined over a double, two trials become one; the reader that was
# chosen for speed is the one that merges them.

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
install pandas==3.1.1 pyarrow==26.0.1 polars==2.1.0 duckdb==2.0.0 numpy==2.4.6
python - "$work" >"$work/out" <<'PY'
import os
import sys

import duckdb
import pandas
import polars
import pyarrow.csv

os.chdir(sys.argv[1])
seeds = [18446744073709551557, 18446744073709551558, 12]
with open("seeds.csv", "w") as file:
    file.write("seed\n" + "".join(f"{seed}\n" for seed in seeds))
with open("late.csv", "w") as file:
    file.write("seed\n" + "12\n" * 5000 + f"{seeds[0]}\n")


def report(name, values):
    print(name, "exact" if values == seeds else f"{len(set(values))} different of {len(seeds)}")


report("pandas", pandas.read_csv("seeds.csv")["seed"].tolist())
report("pandas-pyarrow", pandas.read_csv("seeds.csv", engine="pyarrow")["seed"].tolist())
report("pyarrow", pyarrow.csv.read_csv("seeds.csv")["seed"].to_pylist())
report("polars", polars.read_csv("seeds.csv")["seed"].to_list())
report("duckdb", [row[0] for row in duckdb.sql("select seed from 'seeds.csv'").fetchall()])
try:
    print("polars-late", polars.read_csv("late.csv")["seed"][-1])
except polars.exceptions.ComputeError:
    print("polars-late ComputeError")
PY
expect 'pandas' 'exact' "$(sed -n 's/^pandas //p' "$work/out")"
expect 'DuckDB' 'exact' "$(sed -n 's/^duckdb //p' "$work/out")"
expect 'polars' 'exact' "$(sed -n 's/^polars //p' "$work/out")"
expect 'polars, large seed in row 5001' 'ComputeError' "$(sed -n 's/^polars-late //p' "$work/out")"
expect 'pyarrow' '2 different of 3' "$(sed -n 's/^pyarrow //p' "$work/out")"
expect 'pandas, engine pyarrow' '2 different of 3' "$(sed -n 's/^pandas-pyarrow //p' "$work/out")"
