"""One training of stable-baselines3 on the local-cloud environment, one thread: prints its CPU seconds.

usage: sb3.py {ppo,a2c,dqn} DATASET.json STEPS SEED

The environment is the reference's training environment in its cheapest form: 5 frames of (previous model, 3 image
bits, task), 9 actions, episodes drawn from the file, quality from a smoothed table by task and kind of call in place
of a nearest-neighbour query, so that Python spends as little as it can outside the learner.
"""
import itertools
import json
import sys
import time

import gymnasium
import numpy
import stable_baselines3
import torch

WINDOW, VIEWS = 5, 3
FRAME = VIEWS + 2
SUBSETS = [s for size in range(VIEWS + 1) for s in itertools.combinations(range(VIEWS), size)]
# Jetson TX2 and a wired network: seconds and USD of a call, local first, then the cloud by number of images.
LATENCY_S = [0.0114, 6.46030, 4.76134, 6.24569, 6.98211]
COST_USD = [8e-9, 0.00049, 0.00500, 0.00945, 0.01368]
REFUSALS = ("sorry", "I don't have", "can't")


def score(turn):
    return 0.0 if any(refusal in turn.get("answer", "") for refusal in REFUSALS) else turn["score"]


def scaled(values):
    low, high = min(values), max(values)
    return [(value - low) / (high - low) if high > low else 0.0 for value in values]


class LocalCloud(gymnasium.Env):
    def __init__(self, episodes):
        tasks = sorted({turn["task_cat"] for episode in episodes for turn in episode["interactions"]})
        kinds = [0] + [1 + len(subset) for subset in SUBSETS]
        self.quality = self.table(episodes, tasks, len(LATENCY_S))[:, kinds]
        calls = zip(scaled(LATENCY_S), scaled(COST_USD))
        price = numpy.array([(latency + cost) / 3 for latency, cost in calls])[kinds]
        self.frames = numpy.array([[0] * (VIEWS + 1)] + [[1] + [v in s for v in range(VIEWS)] for s in SUBSETS])
        self.episodes = []
        for episode in episodes:
            task = [tasks.index(turn["task_cat"]) for turn in episode["interactions"]]
            earned = []
            for t, row in enumerate(episode["association_score"][: len(task)]):
                association = scaled([0.0] + [sum(row[v] for v in subset) for subset in SUBSETS])
                earned.append(self.quality[task[t]] + numpy.array(association) / 3 - price)
            self.episodes.append((task, earned))
        self.observation_space = gymnasium.spaces.Box(-1, max(len(tasks), 2), (WINDOW * FRAME,), numpy.float32)
        self.action_space = gymnasium.spaces.Discrete(1 + len(SUBSETS))

    @staticmethod
    def table(episodes, tasks, kinds):
        total, count = numpy.zeros((len(tasks), kinds)), numpy.zeros((len(tasks), kinds))
        for episode in episodes:
            for turn in episode["interactions"]:
                kind = 0 if turn["action"] == 0 else 1 + len(turn.get("image_index") or [])
                total[tasks.index(turn["task_cat"]), kind] += score(turn)
                count[tasks.index(turn["task_cat"]), kind] += 1
        by_kind = (total.sum(0) + 8 * total.sum() / count.sum()) / (count.sum(0) + 8)
        return (total + 8 * by_kind) / (count + 8)

    def see(self, previous):
        self.window[:-1] = self.window[1:]
        self.window[-1, :-1] = previous
        self.window[-1, -1] = self.task[self.turn]
        return self.window.ravel().copy()

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.task, self.earned = self.episodes[self.np_random.integers(len(self.episodes))]
        self.turn = 0
        self.window = numpy.full((WINDOW, FRAME), -1, numpy.float32)
        return self.see([-1] + [0] * VIEWS), {}

    def step(self, action):
        reward = float(self.earned[self.turn][action])
        self.turn += 1
        if self.turn == len(self.task):
            return self.window.ravel().copy(), reward, True, False, {}
        return self.see(self.frames[action]), reward, False, False, {}


def main():
    algorithm, file, steps, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    torch.set_num_threads(1)
    with open(file, encoding="utf-8") as data:
        environment = LocalCloud(json.load(data))
    learner = getattr(stable_baselines3, algorithm.upper())
    own = {"learning_starts": 100} if algorithm == "dqn" else {}
    model = learner("MlpPolicy", environment, device="cpu", seed=seed, **own)
    begin = time.process_time()
    model.learn(steps)
    print(time.process_time() - begin)


main()
