"""Whether an environment's memory stays flat to 1 MB over 10^8 steps; ends with 1 where it does not. Two minutes of a core a kind.

    PYTHONPATH=build/release/python python3 benchmarks/python/memory.py [STEPS]

What was asked of the data is remembered, so that memory grows until all of it has come up: that is waited for before the count
begins, until ten looks in a row saw nothing more, for as many steps at most.
"""

import os
import sys

import numpy as np

import offloadbench as ob

SLOTS, LOOKS = 1024, 100
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20
KINDS = [dict(copy=False), dict(copy=True), dict(copy=False, autoreset_mode="NextStep")]


def resident_mb():
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * PAGE_MB


def walk(env, rows, calls):
    for i in range(calls):
        env.step(rows[i % len(rows)])


def grown(kind, calls):
    """MB resident before, and how many more at most and at the end."""
    env = ob.VectorEnv("quickstart", num_envs=SLOTS, **kind)
    rows = list(np.random.default_rng(1).integers(0, env.single_action_space.n, (509, SLOTS)))
    env.reset(seed=1)
    begun = [resident_mb()]
    while len(begun) < LOOKS and (len(begun) < 11 or begun[-1] > begun[-11]):
        walk(env, rows, calls // LOOKS)
        begun.append(resident_mb())
    before, looks = begun[-1], []
    for _ in range(LOOKS):
        walk(env, rows, calls // LOOKS)
        looks.append(resident_mb() - before)
    return before, max(looks), looks[-1]


def main():
    steps = int(float(sys.argv[1])) if len(sys.argv) > 1 else 10**8
    calls = -(-steps // SLOTS // LOOKS) * LOOKS
    flat = True
    for kind in KINDS:
        before, most, last = grown(kind, calls)
        flat = flat and most <= 1
        named = ", ".join(f"{key}={value}" for key, value in kind.items())
        print(f"{named}: {calls * SLOTS:,} steps, {before:.1f} MB before, {most:+.2f} MB at most, {last:+.2f} at the end", flush=True)
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
