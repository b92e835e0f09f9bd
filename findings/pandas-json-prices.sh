#!/usr/bin/env bash
# pandas writes the price of a token as 0, and reads half of all doubles a bit wrong.
#
# Expected: DataFrame.to_json writes doubles that read back as they were, as to_csv does, and read_json gives the
# nearest double.
# Seen (pandas 3.1.1): to_json keeps ten decimals, so 1.25e-11 USD becomes 0.0 and 1/3 loses six digits. And read_json,
# left to its defaults, gets about half of 2,000 random doubles wrong in the last bits; precise_float=True gets all
# right. The CSV reader, long the inexact one, is exact today. A column named latency_at turns into dates.
# Why it matters: costs per token are 1e-8 USD and less; a total computed from such a file is off or nothing, and two
# tools that read one results file disagree on which figures are equal.

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
install pandas==3.1.1 numpy==2.4.6
python - "$work" >"$work/out" <<'PY'
import io
import json
import os
import random
import sys

import pandas

os.chdir(sys.argv[1])
print(json.loads(pandas.DataFrame({"cost_usd": [1.25e-11, 1 / 3]}).to_json(orient="values")))
random.seed(1)
exact = [random.random() * 10 ** random.randint(-12, 3) for _ in range(2000)]
text = json.dumps([{"x": x} for x in exact])
csv = "x\n" + "".join(f"{x!r}\n" for x in exact)
wrong = lambda frame: sum(a != b for a, b in zip(exact, frame["x"]))
print("half" if 800 < wrong(pandas.read_json(io.StringIO(text))) < 1400 else "other")
print(wrong(pandas.read_json(io.StringIO(text), precise_float=True)), wrong(pandas.read_csv(io.StringIO(csv))))
print(pandas.read_json(io.StringIO('[{"latency_at": 1500000000.0}]'))["latency_at"].dtype.kind)
PY
expect 'to_json of 1.25e-11 and 1/3' '[[0.0], [0.3333333333]]' "$(sed -n 1p "$work/out")"
expect 'doubles of 2,000 that read_json gets wrong' 'half' "$(sed -n 2p "$work/out")"
expect 'wrong with precise_float, and in CSV' '0 0' "$(sed -n 3p "$work/out")"
expect 'kind of the column latency_at (M: dates)' 'M' "$(sed -n 4p "$work/out")"
