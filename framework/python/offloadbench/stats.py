"""The statistics of the report over NumPy arrays: summaries of scores (runs, tasks) as rliable defines them, with
bootstraps; tests. What draws takes a seed, and the same seed gives the same bits."""

from __future__ import annotations

from typing import Dict, Tuple

import numpy as np
from numpy.typing import ArrayLike

from . import _core


def mean(scores: ArrayLike) -> float:
    """Mean of (runs, tasks)."""
    return _core.mean(scores)


def iqm(scores: ArrayLike) -> float:
    """Interquartile mean of (runs, tasks): mean of what is left after a quarter of all values is dropped at each end."""
    return _core.iqm(scores)


def median(scores: ArrayLike) -> float:
    """Median over tasks of the means over runs of (runs, tasks)."""
    return _core.median(scores)


def optimality_gap(scores: ArrayLike) -> float:
    """1 - mean(min(score, 1)) of (runs, tasks), for normalised scores."""
    return _core.optimality_gap(scores)


def performance_profile(scores: ArrayLike, taus: ArrayLike) -> np.ndarray:
    """(len(taus),): the share of the values of (runs, tasks) above each tau."""
    return _core.performance_profile(scores, taus)


def probability_of_improvement(x: ArrayLike, y: ArrayLike) -> float:
    """Mean over tasks of the share of pairs of runs in which x (runs, tasks) beats y, ties half."""
    return _core.probability_of_improvement(x, y)


def stratified_bootstrap(
    scores: ArrayLike, *, seed: int, repetitions: int = 2000
) -> Dict[str, Tuple[float, float]]:
    """95 % percentile intervals (low, high) of mean, iqm, median and optimality_gap of (runs, tasks); within each task
    runs are drawn with replacement."""
    return _core.stratified_bootstrap(scores, repetitions, seed)


def sign_flip(units: ArrayLike, *, seed: int, flips: int = 10000) -> float:
    """One-sided p that the mean of (n,) is above 0, under symmetry about 0."""
    return _core.sign_flip(units, flips, seed)


def holm(p: ArrayLike) -> np.ndarray:
    """(n,): Holm's adjusted p-values in the order given; NaNs stay and do not count."""
    return _core.holm(p)


def wilson(rate: float, trials: float) -> Tuple[float, float]:
    """Wilson's 95 % interval (low, high) of a rate in `trials`, which need not be whole."""
    return _core.wilson(rate, trials)
