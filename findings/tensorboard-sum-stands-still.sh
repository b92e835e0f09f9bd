#!/usr/bin/env bash
# From 16,777,216 on the number of tokens so far stands still at every other step in TensorBoard's files.
#
# Expected: a scalar that is logged is kept as it was; Python's numbers are doubles.
# Seen (tensorboardX 2.6.5): it is kept in four bytes. Tokens so far, one more at each step, move by 0 or 2 from 16777216
# on. Calls of 100 tokens each are 96 or 112 once there were 200 million. What was spent, 100 USD and 1e-6 more per
# call, moves by 0 or 7.6e-6.
# Why it matters: the difference of two running sums is what a call took, and where two methods part late in a run, the
# curves lie on each other.

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
install tensorboardX==2.6.5 protobuf==7.36.2 numpy==2.4.6
"$work/venv/bin/python" -W ignore - "$work" >"$work/out" <<'PY'
import pathlib
import struct
import sys

from tensorboardX import SummaryWriter
from tensorboardX.proto import event_pb2


def kept(values, place):
    """What the event file holds of them; a record is its length, a checksum, an event, another checksum."""
    with SummaryWriter(place) as writer:
        for step, value in enumerate(values):
            writer.add_scalar("sum", value, step)
    data = next(pathlib.Path(place).iterdir()).read_bytes()
    at, seen = 0, []
    while at < len(data):
        size = struct.unpack_from("<Q", data, at)[0]
        event = event_pb2.Event.FromString(data[at + 12:at + 12 + size])
        seen += [value.simple_value for value in event.summary.value]
        at += 16 + size
    return seen


def steps(sums):
    return sorted({after - before for before, after in zip(sums, sums[1:])})


work = sys.argv[1]
print(*map(int, steps(kept([2**24 + step for step in range(100)], f"{work}/tokens"))))
print(*steps(kept([200_000_000 + 100 * call for call in range(100)], f"{work}/hundreds")))
print(*(f"{step:.2g}" for step in steps(kept([100 + 1e-6 * call for call in range(100)], f"{work}/usd"))))
PY
expect 'one more token at each step, from 16777216 on' '0 2' "$(sed -n 1p "$work/out")"
expect 'calls of 100 tokens, behind 200 million' '96.0 112.0' "$(sed -n 2p "$work/out")"
expect 'calls of 1e-6 USD, behind 100 USD' '0 7.6e-06' "$(sed -n 3p "$work/out")"
