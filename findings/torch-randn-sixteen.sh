#!/usr/bin/env bash
# Sixteen normal numbers do not begin with the first eight.
#
# Expected: after torch.manual_seed(0), randn(8) gives the first eight of randn(16), as the generator is one stream;
# rand() keeps to that.
# Seen (PyTorch 1.13.1, Debian 12): below 16 numbers randn takes another way than from 16 on, so not one of the eight
# agrees. And when the number is not a multiple of 8 the last 16 are drawn again: of the 16 first numbers, randn(17)
# shares one with randn(16), randn(24) has the first 8 of randn(32). The LibTorch of C++ is the same library.
# Why it matters: one more action or frame makes a layer of another size, and all its initial weights change instead of
# a few being added; two implementations of one agent that draw their noise in batches of different size cannot be
# compared bit by bit, with the same seed.

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
/usr/bin/python3 - >"$work/out" <<'PY'
import torch


def draw(function, count):
    torch.manual_seed(0)
    return function(count)


def shared(function, few, many):
    return int((draw(function, few) == draw(function, many)[:few]).sum())


print(shared(torch.rand, 8, 16), shared(torch.randn, 8, 15), shared(torch.randn, 8, 16))
print(shared(torch.randn, 16, 17), shared(torch.randn, 24, 32), shared(torch.randn, 16, 32))
PY
expect 'in common: rand 8 and 16, randn 8 and 15, randn 8 and 16' '8 8 0' "$(sed -n 1p "$work/out")"
expect 'in common: randn 16 and 17, 24 and 32, 16 and 32' '1 8 16' "$(sed -n 2p "$work/out")"
