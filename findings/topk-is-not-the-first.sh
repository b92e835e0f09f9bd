#!/usr/bin/env bash
# Among equals argmax takes the first and topk another one, by how many there are.
#
# Expected: where several actions have the same value, argmax(x), max(x) and topk(x, 1) name the same one, the first.
# Seen (PyTorch 1.13.1, Debian 12): argmax and max do. topk(1) takes the third of 4 equals, the 7th of 8, the 11th of 16
# and the first of 100; topk(3) begins elsewhere again: with the 68th of 100. sort in descending order is no longer in
# order from 17 on.
# Why it matters: scores tie where a quality is 0 or 1, a price is a table's, or a network is new. The same agent, asked
# for its best action or for its best three, or exported, sends the query to another model, and one action more or less
# moves the choice among all others.

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
/usr/bin/python3 -W ignore - >"$work/out" <<'PY'
import torch

for count in (4, 8, 16, 100):
    equal = torch.ones(count)
    print(equal.argmax().item(), equal.max(0).indices.item(), equal.topk(1).indices.item(), equal.topk(3).indices[0].item())
for count in (16, 17):
    print((torch.ones(count).sort(descending=True).indices == torch.arange(count)).all().item())
PY
expect 'of 4 equals, by argmax, max, topk(1), the first of topk(3)' '0 0 2 2' "$(sed -n 1p "$work/out")"
expect 'of 8' '0 0 6 6' "$(sed -n 2p "$work/out")"
expect 'of 16' '0 0 10 10' "$(sed -n 3p "$work/out")"
expect 'of 100' '0 0 0 67' "$(sed -n 4p "$work/out")"
expect 'sort keeps the order of 16' 'True' "$(sed -n 5p "$work/out")"
expect 'of 17' 'False' "$(sed -n 6p "$work/out")"
