#!/usr/bin/env bash
# The same environment, the same seed, other episodes: make_vec picks another implementation.
#
# Expected: gymnasium.make_vec("CartPole-v1", num_envs=3) reset with seed 5 starts where three single environments with
# the seeds 5, 6 and 7 start, which is what SyncVectorEnv has always done with one seed.
# Seen (gymnasium 1.4.0): left alone, make_vec takes a vectorised class of its own where the environment registers one,
# and that draws all environments from one generator. Environment 0 starts alike, the others do not. Only
# vectorization_mode="sync" gives the episodes of the single environments.
# Why it matters: who compares an agent trained on one environment with one trained on eight, seed by seed, compares
# other episodes; and a library that switches from SyncVectorEnv to make_vec changes every published number.

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

single = [float(gymnasium.make("CartPole-v1").reset(seed=5 + i)[0][0]) for i in range(3)]


def alike(**how):
    vector = gymnasium.make_vec("CartPole-v1", num_envs=3, **how)
    seen = vector.reset(seed=5)[0][:, 0]
    return type(vector.unwrapped).__name__, [abs(float(a) - b) < 1e-6 for a, b in zip(seen, single)]


print(*alike())
print(*alike(vectorization_mode="sync"))
PY
expect 'starts as the single environments, by default' 'CartPoleVectorEnv [True, False, False]' \
  "$(sed -n 1p "$work/out")"
expect 'starts as the single environments, sync' 'SyncVectorEnv [True, True, True]' "$(sed -n 2p "$work/out")"
