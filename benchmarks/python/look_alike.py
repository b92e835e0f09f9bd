"""The environment as one would write it in Python with NumPy, as a yardstick of speed: windows, masks, budgets, a table
of scores in place of the response model. Not the environment: its numbers mean nothing."""

import gymnasium
import numpy as np

VIEWS, TASKS, WINDOW, TURNS = 3, 4, 5, 5


class Env(gymnasium.Env):
    """Same spaces, same kinds of info as `offloadbench.Env`."""

    def __init__(self):
        self.images = [0, 0] + [m for size in range(1, VIEWS + 1) for m in range(1, 8) if bin(m).count("1") == size]
        self.actions = len(self.images)
        self.consumption = np.array([[0.01, 1e-8]] + [[5 + bin(m).count("1"), 0.001 * (1 + m)] for m in self.images[1:]])
        self.scores = np.random.default_rng(0).random((TASKS, self.actions))
        size = WINDOW * (VIEWS + 2) + 3
        self.observation_space = gymnasium.spaces.Box(-1, TASKS - 1, (size,), np.float32)
        self.action_space = gymnasium.spaces.Discrete(self.actions)

    def _frame(self, action):
        images = self.images[action] if action >= 0 else 0
        return [-1 if action < 0 else int(action > 0), *(images >> m & 1 for m in range(VIEWS)), self.task]

    def _observe(self):
        left = (self.limit - self.spent) / (TURNS * self.consumption.max(axis=0))
        return np.concatenate([np.array(self.window, np.float32).ravel(), [self.turn / TURNS], np.clip(left, -1, 1)]).astype(
            np.float32
        )

    def _mask(self):
        rest = (TURNS - self.turn - 1) * self.consumption.min(axis=0)
        mask = (self.spent + self.consumption + rest <= self.limit).all(axis=1).astype(np.int8)
        return mask if mask.any() else np.ones(self.actions, np.int8)

    def _info(self):
        return {"action_mask": self._mask(), "limit": self.limit.copy(), "spent": self.spent.copy(), "episode_id": 0}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.turn, self.spent = 0, np.zeros(2)
        self.length = int(self.np_random.integers(2, TURNS + 1))
        self.limit = self.np_random.uniform(0.05, 1.2, 2) * TURNS * self.consumption.max(axis=0)
        self.task = int(self.np_random.integers(TASKS))
        self.window = [[-1] * (VIEWS + 2)] * (WINDOW - 1) + [self._frame(-1)]
        return self._observe(), self._info()

    def step(self, action):
        quality, consumed = self.scores[self.task, action], self.consumption[action]
        before = (self.spent > self.limit).any()
        self.spent = self.spent + consumed
        cost = float((self.spent > self.limit).any() and not before)
        self.turn += 1
        over = self.turn == self.length
        self.task = -1 if over else int(self.np_random.integers(TASKS))
        self.window = self.window[1:] + [self._frame(action)]
        reward = quality - (consumed / self.consumption.max(axis=0)).sum() / 3
        info = self._info()
        info.update(cost=cost, consumed=consumed.copy(), quality=float(quality))
        return self._observe(), float(reward), over, False, info
