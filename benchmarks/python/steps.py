"""What a step costs in Python and in C++, in one run: processor time, the least of several tries.

    PYTHONPATH=build/release/python python3 benchmarks/python/steps.py build/release
"""

import itertools
import subprocess
import sys
import time
from pathlib import Path

import look_alike
import numpy as np
from gymnasium.vector import AutoresetMode

import offloadbench as ob

SUITE = "quickstart"
TRIES = 7
PLAIN, COPIED = dict(copy=False), dict(copy=True)
WAITING = dict(copy=False, autoreset_mode=AutoresetMode.NEXT_STEP)


def calls_for(slots):
    return max(400, 200_000 // slots)


def cpp(build, slots, actions):
    """us of a step of BatchEnvironment."""
    suites = Path(ob.__file__).parent / "suites" / "quickstart.toml"
    reward = build / "lib/offload-bench/plugins/tmo-weighted.so"
    command = [build / "bin/python_trace", suites, reward, "uniform", str(slots), "1", str(len(actions))]
    command += [str(calls_for(slots))]
    out = subprocess.run(command, input=actions.astype(np.int32).tobytes(), stdout=subprocess.PIPE, check=True)
    return float(out.stdout)


def vector(env, slots, actions):
    """us of a step of VectorEnv."""
    calls, rows = calls_for(slots), list(actions)
    env.reset(seed=1)
    for i in range(calls // 4):
        env.step(rows[i % len(rows)])
    step, start = env.step, time.process_time()
    for i in range(calls):
        step(rows[i % len(rows)])
    return (time.process_time() - start) * 1e6 / calls


def single(env, count):
    """Steps per second of a single environment, resets included."""
    actions = np.random.default_rng(1).integers(0, 9, count).tolist()
    env.reset(seed=1)
    start = time.process_time()
    for action in actions:
        if env.step(action)[2]:
            env.reset()
    return count / (time.process_time() - start)


def rows(build, slots, kinds=(PLAIN, COPIED, WAITING)):
    """us of a step: C++, whose least of 30 rounds is one try for every seven of the others, and of each kind; after every
    try the least so far of each."""
    actions = np.random.default_rng(1).integers(0, 9, (512, slots))
    envs = [ob.VectorEnv(SUITE, num_envs=slots, **kind) for kind in kinds]
    base, least = np.inf, np.inf
    for attempt in itertools.count():
        if attempt % TRIES == 0:
            base = min(base, cpp(build, slots, actions))
        least = np.minimum(least, [vector(env, slots, actions) for env in envs])
        yield (base, *least)


def singles(counts=(30_000, 30_000)):
    """Steps per second of a single Env and of the look-alike, in tries of so many; after every try the most so far."""
    envs, most = (ob.Env(SUITE), look_alike.Env()), 0
    while True:
        most = np.maximum(most, [single(env, count) for env, count in zip(envs, counts)])
        yield tuple(most)


def after(tries, figures):
    return next(itertools.islice(figures, tries - 1, None))


def main():
    build = Path(sys.argv[1])
    print("| slots | C++ us | no copies us | copies us | NEXT_STEP us | Python adds us | with copies | C++ / no copies |")
    print("|---|---|---|---|---|---|---|---|")
    for slots in (1, 32, 1024):
        base, plain, copied, waiting = after(TRIES, rows(build, slots))
        print(
            f"| {slots} | {base:.2f} | {plain:.2f} | {copied:.2f} | {waiting:.2f} | {plain - base:.2f} | {copied - base:.2f} |"
            f" {base / plain:.2f} |",
            flush=True,
        )
    ours, theirs = after(TRIES, singles())
    print(f"\nsingle Env: {ours:,.0f} steps/s; pure-Python look-alike: {theirs:,.0f}; ratio {ours / theirs:.1f}")


if __name__ == "__main__":
    main()
