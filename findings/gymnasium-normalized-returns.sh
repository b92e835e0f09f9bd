#!/usr/bin/env bash
# NormalizeReward does not begin again with each episode.
#
# Expected: the wrapper's running discounted return, whose variance scales the rewards, starts from nothing in each
# episode, however the last one ended.
# Seen (gymnasium 1.4.0): after an episode that was truncated it goes on adding, over reset() as well: with gamma 1 and
# a reward of 1 per step, episodes of three steps give 1 to 9. After a terminated episode it is cleared one step early:
# the last step counts alone, and the return of the whole episode is never seen. The vector wrapper in same-step mode
# does neither.
# Why it matters: conversations cut at t_max are truncated. Rewards are then scaled by the length of the run instead of
# the episode, and a learning rate tuned with one autoreset mode is not the same learning rate in another.

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
install gymnasium==1.4.0 numpy==2.4.6
python - >"$work/out" <<'PY'
import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import NormalizeReward
from gymnasium.wrappers.vector import NormalizeReward as NormalizeRewards


class ThreeSteps(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(0, 1, (1,), np.float64)
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, truncates):
        self.truncates = truncates

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.turn = 0
        return np.zeros(1), {}

    def step(self, action):
        self.turn += 1
        over = self.turn == 3
        return np.zeros(1), 1.0, over and not self.truncates, over and self.truncates, {}


for truncates in (True, False):
    wrapped = NormalizeReward(ThreeSteps(truncates), gamma=1.0)
    returns = []
    for _ in range(3):
        wrapped.reset(seed=0)
        for _ in range(3):
            wrapped.step(0)
            returns.append(int(np.ravel(wrapped.discounted_reward)[0]))
    print(*returns)
vector = NormalizeRewards(SyncVectorEnv([lambda: ThreeSteps(True)], autoreset_mode=AutoresetMode.SAME_STEP), gamma=1.0)
vector.reset(seed=0)
returns = []
for _ in range(9):
    vector.step(np.zeros(1, dtype=int))
    returns.append(int(np.ravel(vector.accumulated_reward)[0]))
print(*returns)
PY
expect 'running return, three truncated episodes' '1 2 3 4 5 6 7 8 9' "$(sed -n 1p "$work/out")"
expect 'running return, three terminated episodes' '1 2 1 2 3 1 2 3 1' "$(sed -n 2p "$work/out")"
expect 'running return, vector, same-step reset' '1 2 0 1 2 0 1 2 0' "$(sed -n 3p "$work/out")"
