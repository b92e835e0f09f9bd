"""Whole trials in this process and isolated, in turns: CPU of all processes, user and system, medians of the rounds.

    python3 benchmarks/isolation/trials.py build/release/bin/offload-bench [ROUNDS [SLOTS...]]

A trial trains for 30,000 steps on 200 synthetic episodes, is evaluated in five cells and valued exactly there. `command` counts
all that `run` does (the plan, references, the report), `trial` what timing.csv says of the trial alone.
"""

import csv
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROWS = ["rc-ppo", "rc-a2c", "rc-dqn", "epsilon-greedy"]
NUMPY = "bandit.py:Bandit"
SUITE = """
[data]
source = "synthetic:200"
split = {{test_ratio = 0.2}}
[environment]
response_model = "hierarchical"
[budgets]
cells = [
  {{name = "open"}},
  {{name = "relaxed", latency_s = 30, cost_usd = 0.05}},
  {{name = "mid", latency_s = 20, cost_usd = 0.02}},
  {{name = "tight", latency_s = 12, cost_usd = 0.012}},
  {{name = "extreme", latency_s = 8, cost_usd = 0.006}},
]
[training]
steps = 30000
slots = {slots}
isolation = "{isolation}"
[[row]]
name = "measured"
plugin = "{plugin}"
"""
AGENT = '''
import numpy as np


class Bandit:
    """The mean reward of each action, masked, with a tenth of exploration."""

    def __init__(self, env, parameters):
        self.sums, self.counts = np.zeros(env.actions), np.ones(env.actions)

    def act(self, view, explore):
        allowed = view.mask > 0
        best = np.argmax(np.where(allowed, self.sums / self.counts, -np.inf), axis=1)
        if explore:
            draw = (view.rng >> np.uint64(11)).astype(float) / 2.0**53
            random = np.argmax((np.cumsum(allowed, 1) * 1.0) > (draw * 10 % 1 * allowed.sum(1))[:, None], axis=1)
            best = np.where(draw < 0.1, random, best)
        return best

    def observe(self, step):
        np.add.at(self.sums, step.action, step.reward)
        np.add.at(self.counts, step.action, 1)

    def save(self):
        return self.sums.tobytes() + self.counts.tobytes()

    def load(self, data):
        both = np.frombuffer(data).copy()
        self.sums, self.counts = np.split(both, 2)
'''


def measured(command, plugin, slots, isolation):
    """s of CPU: of the whole command, of the trial; and what was decided."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "bandit.py").write_text(AGENT, encoding="utf-8")
        (home / "suite.toml").write_text(
            SUITE.format(slots=slots, isolation=isolation, plugin=plugin), encoding="utf-8"
        )
        before = os.times()
        subprocess.run(
            [command, "run", "suite.toml", "--out", "out", "--jobs", "1"],
            cwd=home, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={"OFFLOAD_BENCH_PYTHON": "/usr/bin/python3", **os.environ},
        )
        after = os.times()
        whole = after.children_user - before.children_user + after.children_system - before.children_system
        with open(home / "out/timing.csv", encoding="utf-8") as file:
            trial = sum(float(row["cpu_s"]) for row in csv.DictReader(file))
        return whole, trial, (home / "out/leaderboard.csv").read_bytes()


def compare(command, plugin, slots, rounds):
    bare, apart = [], []
    for _ in range(rounds):
        if plugin != NUMPY:
            bare.append(measured(command, plugin, slots, "none"))
        apart.append(measured(command, plugin, slots, "process"))
    same = len({board for _, _, board in bare + apart}) == 1
    middle = lambda runs, which: statistics.median(run[which] for run in runs) if runs else float("nan")
    figures = [middle(runs, which) for which in (0, 1) for runs in (bare, apart)]
    print(f"| {plugin}, {slots} | {figures[0]:.3f}, {figures[1]:.3f} | {figures[1] / figures[0]:.2f} "
          f"| {figures[2]:.3f}, {figures[3]:.3f} | {figures[3] / figures[2]:.2f} | {'same' if same else 'OTHER'} |", flush=True)


def main():
    command = Path(sys.argv[1]).resolve()
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    print("| row, slots | command: bare, isolated s | ratio | trial: bare, isolated s | ratio | board |\n|---|---|---|---|---|---|")
    for slots in map(int, sys.argv[3:] or (32, 64)):
        for plugin in [*ROWS, NUMPY]:
            compare(command, plugin, slots, rounds)


if __name__ == "__main__":
    main()
