#!/usr/bin/env bash
# Stable-Baselines3 says that an episode which cost 4.5e-7 USD cost nothing.
#
# Expected: evaluate_policy returns the sum of the rewards that the environment gave.
# Seen (stable-baselines3 2.9.2): with a Monitor around the environment, as its own warning advises, the sum is rounded
# to six decimals on the way: three rewards of -1.5e-7 give 0.0. Without the Monitor it is -4.5e-7. The Monitor's own
# list of rewards, get_episode_rewards(), is not rounded.
# Why it matters: a reward in USD per turn is of that size. All methods are equal then, at zero, and the one that is
# cheaper by half is not seen.
# The release asks pip for torch 2.8 and later; what is run here needs no more than the 1.13 of Debian 12.

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
import gymnasium
import numpy as np
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv


class Paid(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(0, 1, (1,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.turn = 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.turn += 1
        return np.zeros(1, np.float32), -1.5e-7, self.turn == 3, False, {}


class First:
    def predict(self, observation, state=None, episode_start=None, deterministic=True):
        return np.zeros(len(observation), int), None


monitor = Monitor(Paid())
mean, _ = evaluate_policy(First(), DummyVecEnv([lambda: monitor]), n_eval_episodes=2)
print(abs(mean), f"{monitor.get_episode_rewards()[0]:.2g}")
mean, _ = evaluate_policy(First(), DummyVecEnv([Paid]), n_eval_episodes=2)
print(f"{mean:.2g}")
PY
"$work/venv/bin/pip" install -q --no-compile --no-deps --disable-pip-version-check \
  stable-baselines3==2.9.2 gymnasium==1.4.0 \
  cloudpickle==3.1.3 Farama-Notifications==0.0.6 typing_extensions==4.16.0 ||
  { echo "cannot install stable-baselines3" >&2; exit 2; }
"$work/venv/bin/python" -W ignore "$work/seen.py" >"$work/out"
expect 'mean of evaluate_policy, rewards of the Monitor' '0.0 -4.5e-07' "$(sed -n 1p "$work/out")"
expect 'mean without a Monitor' '-4.5e-07' "$(sed -n 2p "$work/out")"
