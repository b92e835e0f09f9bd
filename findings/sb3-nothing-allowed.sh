#!/usr/bin/env bash
# MaskablePPO draws a forbidden action when none is allowed, and calls it certain.
#
# Expected: MaskableCategorical of sb3-contrib with a row of the mask that allows nothing raises, or gives NaN, which
# PyTorch refuses.
# Seen (sb3-contrib 2.9.2): the row becomes uniform over all actions, each drawn with probability 1/4, though log_prob
# of every one of them is 0, that is, probability 1, and the entropy 0.
# Why it matters: a budget that nothing fits is such a row. Training goes on, the ratio of PPO is exactly 1 there, and
# violations are counted as the choices of a certain agent.
# The release asks pip for torch 2.8 and later; the class that is run here needs no more than the 1.13 of Debian 12.

set -euo pipefail
need() { command -v "$1" >/dev/null || { echo "needs $1: apt-get install $2" >&2; exit 2; }; }
expect() {
  echo "seen: $1: $3"
  [ "$3" = "$2" ] || { echo "changed: $1 was: $2" >&2; exit 1; }
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need python3 python3
/usr/bin/python3 -c 'import pandas, torch; assert torch.__version__.startswith("1.13")' 2>/dev/null ||
  { echo "needs Debian 12's PyTorch 1.13 and pandas: apt-get install python3-torch python3-pandas" >&2; exit 2; }
/usr/bin/python3 -m venv --system-site-packages "$work/venv" ||
  { echo "needs venv: apt-get install python3-venv" >&2; exit 2; }
cat >"$work/seen.py" <<'PY'
import numpy as np
import torch
from sb3_contrib.common.maskable.distributions import MaskableCategorical

torch.manual_seed(0)
mask = np.array([[True, False, False, False], [False, False, False, False]])
choice = MaskableCategorical(logits=torch.zeros(2, 4), masks=mask)
drawn = torch.stack([choice.sample() for _ in range(200)])
print(*(sorted(set(column.tolist())) for column in drawn.T))
print(choice.probs[1].tolist(), choice.log_prob(torch.tensor([0, 3]))[1].item(), abs(choice.entropy()[1].item()))
PY
"$work/venv/bin/pip" install -q --no-compile --no-deps --disable-pip-version-check \
  stable-baselines3==2.9.2 sb3-contrib==2.9.2 gymnasium==1.4.0 \
  cloudpickle==3.1.3 Farama-Notifications==0.0.6 typing_extensions==4.16.0 ||
  { echo "cannot install stable-baselines3" >&2; exit 2; }
"$work/venv/bin/python" -W ignore "$work/seen.py" >"$work/out"
expect 'actions drawn with one allowed, with none' '[0] [0, 1, 2, 3]' "$(sed -n 1p "$work/out")"
expect 'probabilities, log_prob, entropy with none' '[0.25, 0.25, 0.25, 0.25] 0.0 0.0' "$(sed -n 2p "$work/out")"
