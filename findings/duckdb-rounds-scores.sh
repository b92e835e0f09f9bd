#!/usr/bin/env bash
# The scores of a file are rounded to whole numbers, if the first 20,480 are whole.
#
# Expected: DuckDB finds the type of a column by looking; a later value that does not fit raises, or the column is read
# again.
# Seen (DuckDB 2.0.1 beside pyarrow 26.0.1): 25,000 rows with a score of 0 and two of .7 behind them are a column of
# BIGINT whose sum is 2, of a CSV file as of JSON lines: each .7 is 1, and .5 is 1 in CSV and 0 in JSON. Nothing is
# said, though a text raises in the same place. 20,480 rows of 0 are enough; with one less the JSON lines are doubles, with
# two less the CSV file is. With sample_size=-1 the sum is 1.4, as it is for pyarrow.
# Why it matters: tasks with marks of 0 and 1 may stand first in a routing table, those with marks in between later.
# Their scores become right or wrong, and the table looks like one.

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
install duckdb==2.0.1 pyarrow==26.0.1
"$work/venv/bin/python" - "$work" >"$work/out" <<'PY'
import json
import sys

import duckdb
import pyarrow.compute
import pyarrow.csv
import pyarrow.json

place = sys.argv[1]
CSV, JSONL = f"{place}/scores.csv", f"{place}/scores.jsonl"


def write(score, before=25000):
    scores = [0] * before + [score] * 2
    with open(CSV, "w") as file:
        file.writelines(["score\n", *(f"{score}\n" for score in scores)])
    with open(JSONL, "w") as file:
        file.writelines(json.dumps({"score": score}) + "\n" for score in scores)


def total(table):
    try:
        return table.aggregate("sum(score), any_value(typeof(score))").fetchall()[0]
    except duckdb.Error:
        return ["raises"]


for score in (.5, .7, "good"):
    write(score)
    print(*total(duckdb.read_csv(CSV)), "/", *total(duckdb.read_json(JSONL)))
write(.7)
print(*total(duckdb.read_csv(CSV, sample_size=-1)), "/", *total(duckdb.read_json(JSONL, sample_size=-1)))
for before in (20480, 20479, 20478):
    write(.7, before)
    print(*total(duckdb.read_csv(CSV)), "/", *total(duckdb.read_json(JSONL)))
for table in (pyarrow.csv.read_csv(CSV), pyarrow.json.read_json(JSONL)):
    print(pyarrow.compute.sum(table["score"]))
PY
line() { sed -n "$1p" "$work/out"; }
expect 'sum of 25,000 times 0 and twice .5, CSV / JSON lines' '2 BIGINT / 0 BIGINT' "$(line 1)"
expect 'twice .7' '2 BIGINT / 2 BIGINT' "$(line 2)"
expect 'twice a text' 'raises / raises' "$(line 3)"
expect 'twice .7 with sample_size=-1' '1.4 DOUBLE / 1.4 DOUBLE' "$(line 4)"
expect 'of 20,480 times 0 and twice .7' '2 BIGINT / 2 BIGINT' "$(line 5)"
expect 'of 20,479' '2 BIGINT / 1.4 DOUBLE' "$(line 6)"
expect 'of 20,478' '1.4 DOUBLE / 1.4 DOUBLE' "$(line 7)"
expect 'pyarrow' '1.4 / 1.4' "$(line 8) / $(line 9)"
