#!/usr/bin/env bash
# Two seeds that are one: with a zero behind it, without its upper half, with another sign.
#
# Expected: seeds that differ give streams that differ, above all those that a program makes of parts, as (seed, run, episode).
# Seen (numpy 2.4.6; PyTorch 1.13.1, Debian 12; Python 3.11): default_rng([7, 0, 0]), [7, 0] and 7 are one stream, as zeros are
# appended to what is short; [0, 1] is 2**32. [1, 0, 0, 7] and [1, 7] are two. torch.manual_seed keeps the lower 32 bits of the
# 64 that it takes: 1 and 2**32 + 1 are one stream on the processor, and -1 is 2**32 - 1. Python's Random(-5) is Random(5).
# Why it matters: run 0, episode 0 repeats the generator that drew the data or split it, and only that run. Of 64-bit seeds made
# by hashing, two among a hundred thousand trials are more likely to agree than not.

set -euo pipefail
need() { command -v "$1" >/dev/null || { echo "needs $1: apt-get install $2" >&2; exit 2; }; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need python3 python3
/usr/bin/python3 -c 'import torch; assert torch.__version__.startswith("1.13")' 2>/dev/null ||
  { echo "needs PyTorch 1.13 of Debian 12: apt-get install python3-torch" >&2; exit 2; }
python3 -m venv "$work/venv" || { echo "needs venv: apt-get install python3-venv" >&2; exit 2; }
install() {
  "$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check "$@" || { echo "cannot install $*" >&2; exit 2; }
}
install numpy==2.4.6
"$work/venv/bin/python" - >"$work/out" <<'PY'
import random

import numpy


def same(one, other):
    return numpy.random.default_rng(one).bytes(32) == numpy.random.default_rng(other).bytes(32)


print(same([7, 0], 7), same([7, 0, 0], [7, 0]), same([0, 1], 2**32), same([1, 0, 0, 7], [1, 7]))
print(random.Random(-5).random() == random.Random(5).random())
PY
/usr/bin/python3 - >>"$work/out" <<'PY'
import torch


def same(one, other):
    drawn = []
    for seed in (one, other):
        torch.manual_seed(seed)
        drawn.append(torch.randint(2**62, (4,)))
    return torch.equal(*drawn)


print(same(1, 2**32 + 1), same(-1, 2**32 - 1), same(1, 2))
PY
expect 'numpy, one stream: [7, 0] and 7, [7, 0, 0] and [7, 0], [0, 1] and 2**32, [1, 0, 0, 7] and [1, 7]' \
  'True True True False' "$(sed -n 1p "$work/out")"
expect 'Python, -5 and 5' 'True' "$(sed -n 2p "$work/out")"
expect 'PyTorch: 1 and 2**32 + 1, -1 and 2**32 - 1, 1 and 2' 'True True False' "$(sed -n 3p "$work/out")"
