"""Where an episode's budgets come from."""

from __future__ import annotations

import math
from typing import NamedTuple, Sequence, Tuple, Union

from ._errors import ConfigError


class Uniform(NamedTuple):
    """Each budget of the relative grid uniform: rho = 0 is what the cheapest constant policy takes, rho = 1 all that
    can be taken; low <= rho <= high."""

    low: float = 0.05
    high: float = 1.2


Budgets = Union[str, Uniform, Sequence[float]]
SAMPLERS = ("uniform", "tmo-uniform", "tmo-normal", "tmo-extreme-aware")


def _number(value: float) -> str:
    number = float(value)
    if math.isinf(number) and number > 0:
        return "inf"
    return repr(number)


def setting(budgets: Budgets) -> Tuple[str, str]:
    """What the suite's reader takes as [training] budgets, and the budget cell; ("none", "") without any."""
    if isinstance(budgets, str):
        if budgets in ("none", "per_cell"):
            return f'"{budgets}"', ""
        if budgets.startswith("per_cell:"):
            return '"per_cell"', budgets[len("per_cell:") :]
        if budgets in SAMPLERS:
            return f'{{sample = "{budgets}"}}', ""
        known = ", ".join(("none", "per_cell:CELL") + SAMPLERS)
        raise ConfigError(f"budgets: {budgets!r} is no sampler; known: {known}, (s, USD), Uniform(low, high)")
    if isinstance(budgets, Uniform):
        return f'{{sample = "uniform", low = {_number(budgets.low)}, high = {_number(budgets.high)}}}', ""
    try:
        latency, cost = (float(value) for value in budgets)
    except (TypeError, ValueError):
        raise ConfigError(f"budgets: expected a name, (s, USD) or Uniform(low, high), found {budgets!r}") from None
    return f"{{fixed = [{_number(latency)}, {_number(cost)}]}}", ""
