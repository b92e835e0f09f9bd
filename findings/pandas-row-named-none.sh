#!/usr/bin/env bash
# A row named None leaves pandas' table without a word.
#
# Expected: a text column of a CSV file holds its texts; only an empty field, perhaps NA, is missing.
# Seen (pandas 3.1.1 beside polars 2.1.0 and pyarrow 26.0.1): read_csv takes None, null, NA, N/A and nan, in a column of names
# as well, for missing; none, in small letters, is a name. groupby then drops the missing ones and their figures.
# polars and pyarrow read all of them as names.
# Why it matters: rows, cells and networks of a suite have the names that people give them, and the control called None
# or null is gone from the summary that pandas makes, not from the others. keep_default_na=False keeps it.

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
install pandas==3.1.1 pyarrow==26.0.1 polars==2.1.0 numpy==2.4.6
"$work/venv/bin/python" - >"$work/out" <<'PY'
import io

import pandas
import polars
import pyarrow.csv

text = "row,reward\nNone,1\nnull,2\nNA,3\nnone,4\nN/A,5\nnan,6\n"
table = pandas.read_csv(io.StringIO(text))
print(table.row.isna().tolist())
print(table.groupby("row").reward.sum().to_dict())
print(polars.read_csv(io.StringIO(text))["row"].to_list())
print(pyarrow.csv.read_csv(io.BytesIO(text.encode())).column("row").to_pylist())
print(pandas.read_csv(io.StringIO(text), keep_default_na=False).groupby("row").reward.sum().sum())
PY
names="['None', 'null', 'NA', 'none', 'N/A', 'nan']"
expect 'pandas: None null NA none N/A nan are missing' '[True, True, True, False, True, True]' "$(sed -n 1p "$work/out")"
expect 'pandas: sums by row' "{'none': 4}" "$(sed -n 2p "$work/out")"
expect 'polars' "$names" "$(sed -n 3p "$work/out")"
expect 'pyarrow' "$names" "$(sed -n 4p "$work/out")"
expect 'pandas with keep_default_na=False, sum of all' '21' "$(sed -n 5p "$work/out")"
