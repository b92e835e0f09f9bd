#!/usr/bin/env bash
# With torch.set_flush_denormal(True), a quarter of a tensor is flushed.
#
# Expected: the call returns True, "supported", and from then on PyTorch on the CPU computes with denormal numbers as 0.
# Seen (PyTorch 1.13.1, Debian 12): it sets the calling thread only. After any larger operation the threads of the pool are
# there already and keep what they had: with four threads the first quarter of 1e-39 times 1 is 0 and the rest is not.
# Called before the first such operation, the whole tensor is 0, as the pool's threads start with what their creator has.
# A small tensor is 0 either way.
# Why it matters: equal inputs have unequal outputs by their place in a tensor, by its size and by the number of threads;
# what was to become faster does so in one thread of n, for which the others wait.

set -euo pipefail
need() { command -v "$1" >/dev/null || { echo "needs $1: apt-get install $2" >&2; exit 2; }; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need python3 python3
case $(uname -m) in x86_64) ;; *) echo "skipped: needs x86-64"; exit 0 ;; esac
/usr/bin/python3 -c 'import torch; assert torch.__version__.startswith("1.13")' 2>/dev/null ||
  { echo "needs PyTorch 1.13 of Debian 12: apt-get install python3-torch" >&2; exit 2; }
cat >"$work/flush.py" <<'PY'
import sys

import torch

torch.set_num_threads(4)
if sys.argv[1] == "before":
    torch.set_flush_denormal(True)
values = torch.full((1000000,), 1e-39)
values * 1
print(torch.set_flush_denormal(True))
zero = (values * 1 == 0).chunk(4)
print(*[f"{part.float().mean():.2f}" for part in zero], int((values[:1000] * 1 == 0).sum()))
PY
for when in after before; do /usr/bin/python3 "$work/flush.py" "$when" >"$work/$when"; done
expect 'set_flush_denormal(True)' 'True' "$(sed -n 1p "$work/after")"
expect 'zeros in each quarter of 1,000,000, and of a tensor of 1,000; set before the first operation' \
  '1.00 1.00 1.00 1.00 1000' "$(sed -n 2p "$work/before")"
expect 'set after it' '1.00 0.00 0.00 0.00 1000' "$(sed -n 2p "$work/after")"
