#!/usr/bin/env bash
# A data set made of a file that has grown has the rows of yesterday.
#
# Expected: Dataset.from_generator(rows) runs the generator and has what it yields; if a cache is used, it goes by what
# was read. And from_list keeps every key that some row has, with None where it is missing, as a table made of records
# does.
# Seen (datasets 5.2.0): from_generator goes by the generator's code alone. After the file that it reads has grown by a
# row, the same call gives the old rows; disable_caching() changes nothing. from_list has the columns of the first row: a
# cost that only later rows have is gone. A key inside a nested column is kept.
# Why it matters: logs of a campaign grow, and the analysis that runs again shows the figures of its first run. Where the
# first request failed, or was answered locally, the column of what only the cloud says does not exist.

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
install datasets==5.2.0 pyarrow==26.0.1 pandas==3.1.1 numpy==2.4.6
"$work/venv/bin/python" -W ignore - "$work" >"$work/out" 2>"$work/log" <<'PY'
import json
import os
import sys

os.chdir(sys.argv[1])
os.environ.update(HF_HOME=os.path.join(sys.argv[1], "cache"), HF_HUB_OFFLINE="1")
import datasets

datasets.disable_progress_bars()


def rows():
    with open("log.jsonl") as file:
        for line in file:
            yield json.loads(line)


def add(turn):
    with open("log.jsonl", "a") as file:
        file.write(json.dumps({"turn": turn}) + "\n")
    return len(datasets.Dataset.from_generator(rows))


first, second = add(1), add(2)
datasets.disable_caching()
print(first, second, add(3), len(list(rows())))
print(*datasets.Dataset.from_list([{"turn": 1}, {"turn": 2, "cost": .5}]).column_names)
nested = datasets.Dataset.from_list([{"turn": {"n": 1}}, {"turn": {"n": 2, "cost": .5}}])
print(json.dumps(nested[0]["turn"]))
PY
expect 'rows of a file of 1, of 2, of 3 without caching, and of the generator itself' '1 1 1 3' "$(sed -n 1p "$work/out")"
expect 'columns of a list whose second row alone has a cost' 'turn' "$(sed -n 2p "$work/out")"
expect 'the same within a column' '{"n": 1, "cost": null}' "$(sed -n 3p "$work/out")"
