"""The six values of a step that Safety-Gymnasium's algorithms take."""

from __future__ import annotations

from typing import Any, Optional, Tuple

import numpy as np

from ._errors import ConfigError


class SafeEnv:
    """An `Env` or `VectorEnv` whose step gives (observation, reward, cost, terminated, truncated, info).

    `cost`, a number or (n,): with `resource` "latency" or "cost" the share of the episode's budget that the step took
    (0 without a budget), so that an episode stays within it where they sum to at most 1; with "violation" `info["cost"]`.
    Everything else is the environment's own.
    """

    def __init__(self, env: Any, resource: str = "latency") -> None:
        if resource not in ("latency", "cost", "violation"):
            raise ConfigError(f"resource: expected 'latency', 'cost' or 'violation', found {resource!r}")
        self.env = env
        self._index: Optional[int] = {"latency": 0, "cost": 1}.get(resource)
        self._limit: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.env, name)

    def reset(self, **arguments: Any) -> Tuple[Any, Any]:
        """As of the environment."""
        observation, info = self.env.reset(**arguments)
        self._limit = np.array(info["limit"])
        return observation, info

    def step(self, action: Any) -> Tuple[Any, Any, Any, Any, Any, Any]:
        """A step with its cost."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        if self._index is None:
            return observation, reward, info["cost"], terminated, truncated, info
        # The budget of the episode that took the step: the info's limit may be the next one's already.
        limit, self._limit = self._limit[..., self._index], np.array(info["limit"])
        consumed = info["consumed"][..., self._index]
        with np.errstate(divide="ignore", invalid="ignore"):
            cost = np.where(consumed > 0, consumed / limit, 0.0)
        return observation, reward, cost if cost.ndim else float(cost), terminated, truncated, info
