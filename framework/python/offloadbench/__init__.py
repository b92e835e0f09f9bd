"""OffloadBench in Python: the environment for Gymnasium and Stable-Baselines3, experiments and their results, the exact
policies, the statistics of the report.

Nothing here forks or loads an agent into this process: `run` starts the command. NumPy is needed; Gymnasium, pandas,
pyarrow and Stable-Baselines3 where what uses them is used.
"""

from __future__ import annotations

from . import stats
from ._budgets import Uniform
from ._core import version as __version__
from ._errors import ConfigError, DataError, Error, IoError, PluginError, RunError
from ._files import shipped_suites
from ._register import register as _register
from ._world import World
from .data import Data
from .oracle import CausalPolicy, causal_policy, oracle, score
from .results import Results, run

__all__ = [
    "CausalPolicy",
    "ConfigError",
    "Data",
    "DataError",
    "Env",
    "Error",
    "IoError",
    "PluginError",
    "Results",
    "RunError",
    "SafeEnv",
    "Uniform",
    "VectorEnv",
    "World",
    "__version__",
    "causal_policy",
    "oracle",
    "run",
    "score",
    "shipped_suites",
    "stats",
]


def __getattr__(name: str) -> object:
    # These need Gymnasium.
    if name in ("Env", "VectorEnv"):
        from . import envs

        return getattr(envs, name)
    if name == "SafeEnv":
        from .safety import SafeEnv

        return SafeEnv
    raise AttributeError(f"module 'offloadbench' has no attribute {name!r}")


# Gymnasium finds environments by what was imported.
try:
    _register()
except ImportError:  # it is not installed, and nobody will ask it
    pass
