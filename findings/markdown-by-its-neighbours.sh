#!/usr/bin/env bash
# A seed is 9.0072e+15 in a table of results if there is a price beside it, and version 1.10 is 1.1.
#
# Expected: to_markdown writes every column by itself: whole numbers whole, and text as it stands.
# Seen (pandas 3.1.1 with tabulate 0.10.0): a table of numbers is made one array of doubles first, so that next to a column
# of floats the seed 9007199254740993 becomes 9.0072e+15 and 1234567 tokens 1.23457e+06; alone, or with a column of names
# beside them, both are exact. Text that looks like a number is taken for one: the release 1.10 becomes 1.1, the commit
# 12e4 becomes 120000, and 0.00000015 1.5e-07, while 007 is left. to_csv writes all of it as it stands.
# Why it matters: reports that are made of the same results with one column more or fewer say other seeds, counts of
# tokens and releases of packages, and nobody can run again what they name.

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
install pandas==3.1.1 numpy==2.4.6 tabulate==0.10.0
"$work/venv/bin/python" - >"$work/out" <<'PY'
import io

import pandas


def cells(table):
    """The last line of the table, as text."""
    return table.to_markdown(index=False).splitlines()[-1].replace("|", " ").split()


runs = pandas.DataFrame({"seed": [9007199254740993], "tokens": [1234567]})
print(*cells(runs))
print(*cells(runs.assign(router="first")))
print(*cells(runs.assign(usd=.25)))
text = pandas.DataFrame({"release": ["1.10"], "usd": ["0.00000015"], "commit": ["12e4"], "shard": ["007"]})
print(*cells(text))
file = io.StringIO()
text.to_csv(file, index=False)
print(*file.getvalue().splitlines()[-1].split(","))
PY
expect 'seed and tokens' '9007199254740993 1234567' "$(sed -n 1p "$work/out")"
expect 'with a name beside them' '9007199254740993 1234567 first' "$(sed -n 2p "$work/out")"
expect 'with USD beside them' '9.0072e+15 1.23457e+06 0.25' "$(sed -n 3p "$work/out")"
expect 'text, by to_csv' '1.10 0.00000015 12e4 007' "$(sed -n 5p "$work/out")"
expect 'text, by to_markdown' '1.1 1.5e-07 120000 007' "$(sed -n 4p "$work/out")"
