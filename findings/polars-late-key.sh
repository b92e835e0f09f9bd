#!/usr/bin/env bash
# What goes wrong late is not in the table: a key that first comes in line 101 of a JSON lines file is left out.
#
# Expected: read_ndjson has a column for every key of the file, empty where a line has none, or says what it leaves out.
# Seen (polars 2.1.0 beside DuckDB 2.0.1 and pyarrow 26.0.1): the keys are those of the first 100 lines. An "error" in
# line 101 is no column, without a word; where the lines before say "error": null, the same text raises instead. With
# infer_schema_length=None it is there. pyarrow has it, and so has DuckDB.
# Why it matters: logs write "error" or "retries" where there is something to tell. A run whose first hundred calls went
# well has no failed ones.

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
install polars==2.1.0 duckdb==2.0.1 pyarrow==26.0.1
"$work/venv/bin/python" - "$work" >"$work/out" <<'PY'
import json
import sys

import duckdb
import polars
import pyarrow.json

log = f"{sys.argv[1]}/log.jsonl"


def write(fine):
    calls = [fine] * 100 + [{"latency_s": 9.5, "error": "timeout"}]
    with open(log, "w") as file:
        file.writelines(json.dumps(call) + "\n" for call in calls)


write({"latency_s": 1.5})
print(*polars.read_ndjson(log).columns)
print(*polars.scan_ndjson(log).collect().columns)
print(*polars.read_ndjson(log, infer_schema_length=None).columns)
print(*pyarrow.json.read_json(log).column_names, "/", *duckdb.read_json(log).columns)
write({"latency_s": 1.5, "error": None})
try:
    print(*polars.read_ndjson(log).columns)
except polars.exceptions.ComputeError as error:
    print(type(error).__name__)
PY
expect 'columns of read_ndjson' 'latency_s' "$(sed -n 1p "$work/out")"
expect 'of scan_ndjson' 'latency_s' "$(sed -n 2p "$work/out")"
expect 'with infer_schema_length=None' 'latency_s error' "$(sed -n 3p "$work/out")"
expect 'pyarrow / DuckDB' 'latency_s error / latency_s error' "$(sed -n 4p "$work/out")"
expect 'null before it' 'ComputeError' "$(sed -n 5p "$work/out")"
