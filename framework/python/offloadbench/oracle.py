"""Policies that are computed, not learned, and the scores of decisions taken elsewhere."""

from __future__ import annotations

import os
from typing import Any, Mapping, Optional, Sequence, Tuple, Union

import numpy as np

from . import _core
from ._files import PathLike
from ._world import World

SuiteLike = Union[PathLike, World]


def _world(suite: SuiteLike, dataset: Optional[PathLike]) -> World:
    return suite if isinstance(suite, World) else World(suite, dataset=dataset)


def _split_name(world: World, split: Union[int, str]) -> str:
    return list(world.splits)[split] if isinstance(split, int) else os.fspath(split)


def oracle(suite: SuiteLike, split: Union[int, str] = 0, *, dataset: Optional[PathLike] = None) -> Any:
    """The exact policies of one split, a DataFrame with a line per budget cell, lens and response model.

    Columns: mean rewards on the test episodes `causal` (NaN where the cell is not exact), `hindsight` (NaN where nothing
    fits), `masked_random`, `best_constant`; `exact`, and under the causal model `value` (or NaN) within
    `lower` .. `upper`; `masked_random_value`. reports/README.md defines them.
    """
    import pandas as pd

    world = _world(suite, dataset)
    found = _core.exact_policies(world._core_of(_split_name(world, split)), _split_name(world, split))
    lines = []
    for cell in found["cells"]:
        hindsight = cell["hindsight"]
        lines.append(
            {
                "split": found["split"],
                "cell": cell["cell"],
                "lens": cell["lens"],
                "model": cell["model"],
                "causal": cell["causal"].mean() if len(cell["causal"]) else np.nan,
                "hindsight": np.nanmean(hindsight) if np.isfinite(hindsight).any() else np.nan,
                "masked_random": cell["masked_random"].mean(),
                "best_constant": cell["constant"].mean(),
                "best_constant_action": cell["best_constant_action"],
                "exact": cell["exact"],
                "value": cell["upper"] if cell["exact"] else np.nan,
                "lower": cell["lower"],
                "upper": cell["upper"],
                "masked_random_value": cell["masked_random_value"],
            }
        )
    return pd.DataFrame(lines)


class CausalPolicy:
    """The best policy that sees only what an agent sees, of one split; made by `causal_policy`."""

    def __init__(self, world: World, split: Union[int, str] = 0) -> None:
        self.world = world
        self._core = _core.CausalPolicy(world._core_of(_split_name(world, split)), _split_name(world, split))

    def decide(self, cell: str, tasks: Sequence[int], actions: Sequence[int]) -> Tuple[int, bool]:
        """What to do after tasks (t + 1,) and the policy's own actions (t,): the action, and whether another one is as
        good. Raises ConfigError in a cell whose policy is not exact."""
        return self._core.decide(cell, [int(t) for t in tasks], [int(a) for a in actions])

    def value(self, cell: str) -> Tuple[float, float, bool]:
        """Its expected reward under the causal model: (lower, upper, exact), equal where exact."""
        return self._core.value(cell)


def causal_policy(
    suite: SuiteLike, split: Union[int, str] = 0, *, dataset: Optional[PathLike] = None
) -> CausalPolicy:
    """Computes the causal oracle of one split in all budget cells; for as many states as the suite's oracle_nodes."""
    return CausalPolicy(_world(suite, dataset), split)


def score(
    suite: SuiteLike,
    decisions: Mapping[str, Sequence[Sequence[int]]],
    name: str,
    split: Union[int, str] = 0,
    *,
    dataset: Optional[PathLike] = None,
) -> Any:
    """What decisions taken elsewhere come to: a DataFrame with a line per budget cell, lens and response model.

    `decisions`: by budget cell, for each test episode of the split in the order of `World.test_ids` its actions
    (turns,). Nothing says how they were found, or that they were not found with the test episodes at hand: so
    `source` is "decisions only" in every line, and they are no entry of a leaderboard.

    Columns: `reward`, `quality`, `association` (means over test episodes), `latency_s`, `cost_usd` (mean totals),
    `violation_rate` (episodes over a budget), `masked_actions` (decisions outside the mask).
    """
    import pandas as pd

    world = _world(suite, dataset)
    given = {cell: [[int(a) for a in episode] for episode in rows] for cell, rows in decisions.items()}
    lines = []
    for cell in _core.score(world._core_of(_split_name(world, split)), _split_name(world, split), given):
        latency, cost = world.cells[cell["cell"]]
        violates = (cell["latency_s"] > latency) | (cell["cost_usd"] > cost)
        for scores in cell["scores"]:
            lines.append(
                {
                    "name": name,
                    "source": "decisions only",
                    "cell": cell["cell"],
                    "lens": scores["lens"],
                    "model": scores["model"],
                    "reward": scores["reward"].mean(),
                    "quality": scores["quality"].mean(),
                    "association": scores["association"].mean(),
                    "latency_s": cell["latency_s"].mean(),
                    "cost_usd": cell["cost_usd"].mean(),
                    "violation_rate": violates.mean(),
                    "masked_actions": cell["masked_actions"],
                }
            )
    return pd.DataFrame(lines)
