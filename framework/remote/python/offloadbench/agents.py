"""Agents that others trained. In a file of your own: `from offloadbench.agents import SB3`, `Mine = SB3("model.zip")`;
and in a suite: plugin = "mine.py:Mine"."""

import importlib
import inspect
import os


def SB3(file, algorithm="PPO", package=None, deterministic=True):
    """The class of an agent that decides by a model which Stable-Baselines3 saved: a path relative to the caller's
    file, and the name of the class that loads it, in stable_baselines3 or (MaskablePPO, TRPO and others) sb3_contrib.
    Maskable ones see the mask.

    Loading unpickles the file, which may run anything that is in it: it happens in the agent's own process, which has
    no network and no other files, and nowhere else. Do not load a stranger's model outside of it.
    """
    caller = inspect.currentframe().f_back.f_globals.get("__file__", "")
    path = os.path.join(os.path.dirname(os.path.abspath(caller)), file)

    class Trained:
        summary = "%s that Stable-Baselines3 trained" % algorithm

        def __init__(self, env, parameters):
            self.model = _class_of(algorithm, package).load(path, device="cpu")
            self.model.policy.set_training_mode(False)
            self.masked = "action_masks" in inspect.signature(self.model.predict).parameters
            _require_fit(self.model, env, file)

        def act(self, view, explore):
            given = {"action_masks": view.mask} if self.masked else {}
            return self.model.predict(view.observation, deterministic=deterministic, **given)[0]

    return Trained


def _class_of(algorithm, package):
    packages = [package] if package else ["stable_baselines3", "sb3_contrib"]
    for name in packages[:-1]:
        if hasattr(importlib.import_module(name), algorithm):
            return getattr(importlib.import_module(name), algorithm)
    return getattr(importlib.import_module(packages[-1]), algorithm)


def _require_fit(model, env, file):
    shape, actions = model.observation_space.shape, getattr(model.action_space, "n", None)
    if shape != (env.observation,) or actions != env.actions:
        raise ValueError(
            "%s is of observations %s and %s actions; the suite has (%d,) and %d"
            % (file, shape, actions, env.observation, env.actions)
        )
