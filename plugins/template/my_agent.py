import numpy as np


class MyAgent:
    """best mean reward so far"""

    version = "0.1.0"
    slots = 1  # episodes that it trains on at once

    # Read parameters here, once; each has a default, a range and a line of help.
    def __init__(self, env, parameters):
        self.epsilon = parameters.number("epsilon", 0.1, 0, 1, "probability of any allowed action in training")
        self.tried = np.zeros(env.actions, int)
        self.mean = np.zeros(env.actions)

    # An action for every row; view.random(i) is the only randomness.
    def act(self, view, explore):
        action = np.where(view.mask, self.mean, -np.inf).argmax(axis=1)
        for i in range(view.n if explore else 0):
            random = view.random(i)
            if random.uniform() < self.epsilon:
                allowed = np.flatnonzero(view.mask[i])
                action[i] = allowed[random.below(len(allowed))]
        return action

    # Optional: having `observe` makes the agent one that is trained.
    def observe(self, step):
        for action, reward in zip(step.action, step.reward):
            self.tried[action] += 1
            self.mean[action] += (reward - self.mean[action]) / self.tried[action]

    # Optional: what was learned, so that nobody has to train it again for every pass.
    def save(self):
        return np.concatenate([self.tried, self.mean]).tobytes()

    def load(self, saved):
        tried, self.mean = np.frombuffer(saved).reshape(2, len(self.mean)).copy()
        self.tried = tried.astype(int)
