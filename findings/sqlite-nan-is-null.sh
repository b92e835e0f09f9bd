#!/usr/bin/env bash
# SQLite keeps an infinite score, turns one that is no number into nothing, and writes a dump that it cannot read again.
#
# Expected: a column of type REAL holds every double; an average over NaN is NaN; what the dump says can be read back.
# Seen (SQLite 3.40.1 by the sqlite3 of Python 3.11): NaN becomes NULL as it is bound. The average leaves it out, 2 of (1, NaN,
# 3); sorted by score it comes first, before minus infinity; a column NOT NULL refuses it. Infinity is kept, but
# Python's iterdump writes it as a bare Inf, which the restoring script takes for the name of a column, and fails.
# Why it matters: the failed run is left out of its own mean, leads a table sorted by cost, and one infinite figure makes
# the backup of a board worthless on the day that it is needed.

set -euo pipefail
command -v python3 >/dev/null || { echo "needs python3: apt-get install python3" >&2; exit 2; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 - >"$work/out" <<'PY'
import sqlite3

board = sqlite3.connect(":memory:")
board.execute("create table entry (score real)")
board.executemany("insert into entry values (?)", [(1.0,), (float("nan"),), (3.0,)])
print(*board.execute("select avg(score), count(*), count(score) from entry").fetchone())
board.execute("insert into entry values (?)", (float("-inf"),))
print(*[score for (score,) in board.execute("select score from entry order by score")])
board.execute("create table strict_one (score real not null)")
try:
    board.execute("insert into strict_one values (?)", (float("nan"),))
    print("taken")
except sqlite3.IntegrityError as error:
    print(error)
dump = "\n".join(board.iterdump())
try:
    sqlite3.connect(":memory:").executescript(dump)
    print("read again")
except sqlite3.OperationalError as error:
    print(error)
PY
expect 'average, rows, values of (1, NaN, 3)' '2.0 3 2' "$(sed -n 1p "$work/out")"
expect 'sorted with minus infinity' 'None -inf 1.0 3.0' "$(sed -n 2p "$work/out")"
expect 'NaN into REAL NOT NULL' 'NOT NULL constraint failed: strict_one.score' "$(sed -n 3p "$work/out")"
expect 'the dump of minus infinity' 'no such column: Inf' "$(sed -n 4p "$work/out")"
