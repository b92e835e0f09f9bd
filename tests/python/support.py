"""What the tests share."""

import os
import subprocess
from pathlib import Path

import numpy as np

BUILD = Path(os.environ["OFFLOAD_BUILD"])
PACKAGE = BUILD / "python" / "offloadbench"
QUICK = str(PACKAGE / "suites" / "quickstart.toml")
STATE = ("action_mask", "limit", "spent", "episode_id")
STEP = ("quality", "association", "consumed")


def actions_for(steps, slots, actions=9, seed=1):
    return np.random.default_rng(seed).integers(0, actions, (steps, slots))


def trace(suite, budgets, slots, seed, actions, size=28, arms=9):
    """What the C++ environment goes through (tests/python/trace.cpp): the first state, then the steps."""
    command = [BUILD / "bin" / "python_trace", suite, PACKAGE / "lib/offload-bench/plugins/tmo-weighted.so"]
    command += [budgets, str(slots), str(seed), str(len(actions))]
    out = subprocess.run(command, input=actions.astype(np.int32).tobytes(), stdout=subprocess.PIPE, check=True)
    n = slots
    state = [("obs", "f4", (n, size)), ("action_mask", "i1", (n, arms)), ("limit", "f8", (n, 2))]
    state += [("spent", "f8", (n, 2)), ("episode_id", "i8", (n,))]
    step = [("reward", "f8", (n,)), ("terminated", "?", (n,)), ("quality", "f8", (n,))]
    step += [("association", "f8", (n,)), ("consumed", "f8", (n, 2)), ("after", "f4", (n, size))]
    first = np.dtype(state)
    start = np.frombuffer(out.stdout[: first.itemsize], first)[0]
    return start, np.frombuffer(out.stdout[first.itemsize :], np.dtype(step + state))


def same(a, b):
    """Equal to the bit."""
    a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
