"""The statistics against rliable and against their definitions."""

import numpy as np
import pytest
import scipy.stats
from rliable import metrics

import offloadbench as ob

SHAPES = [(1, 1), (3, 1), (1, 6), (5, 4), (10, 7), (17, 3)]


@pytest.mark.parametrize("shape", SHAPES)
def test_point_estimates_are_rliables(shape):
    scores = np.random.default_rng(shape[0]).normal(0.7, 0.5, shape)
    for mine, theirs in (
        (ob.stats.mean, metrics.aggregate_mean),
        (ob.stats.iqm, metrics.aggregate_iqm),
        (ob.stats.median, metrics.aggregate_median),
        (ob.stats.optimality_gap, metrics.aggregate_optimality_gap),
    ):
        assert mine(scores) == pytest.approx(theirs(scores), abs=1e-12), mine.__name__
    other = np.random.default_rng(99).normal(0.8, 0.5, shape)
    expected = np.mean(metrics.probability_of_improvement(scores, other))
    if shape[0] > 1:
        assert ob.stats.probability_of_improvement(scores, other) == pytest.approx(expected, abs=1e-12)
    taus = np.linspace(-1, 2, 31)
    profile = [np.mean(scores > tau) for tau in taus]
    np.testing.assert_allclose(ob.stats.performance_profile(scores, taus), profile, atol=1e-12, rtol=0)


def test_bootstrap():
    scores = np.random.default_rng(1).normal(0.7, 0.5, (10, 5))
    intervals = ob.stats.stratified_bootstrap(scores, seed=3)
    assert intervals == ob.stats.stratified_bootstrap(scores, seed=3)
    assert intervals != ob.stats.stratified_bootstrap(scores, seed=4)
    for name, figure in (("mean", ob.stats.mean), ("iqm", ob.stats.iqm), ("median", ob.stats.median)):
        low, high = intervals[name]
        assert low < figure(scores) < high
    # The mean's bootstrap is near the normal interval of a stratified mean.
    error = np.sqrt((scores.var(axis=0) / 10).sum()) / 5
    low, high = intervals["mean"]
    assert high - low == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_tests():
    p = np.array([0.01, 0.04, 0.03, np.nan, 0.5])
    np.testing.assert_allclose(ob.stats.holm(p), [0.04, 0.09, 0.09, np.nan, 0.5])
    for count, trials in ((0, 10), (3, 10), (50, 50)):
        expected = scipy.stats.binomtest(count, trials).proportion_ci(method="wilson")
        np.testing.assert_allclose(ob.stats.wilson(count / trials, trials), expected, atol=1e-9)
    units = np.random.default_rng(2).normal(0.3, 1, 60)
    flips = 100_000
    signs = np.random.default_rng(3).choice([-1, 1], (flips, 60))
    expected = (1 + np.sum(signs @ units >= units.sum())) / (1 + flips)
    assert ob.stats.sign_flip(units, seed=1, flips=flips) == pytest.approx(expected, rel=0.15)


def test_wrong_shapes():
    for call in (
        lambda: ob.stats.iqm([1, 2, 3]),
        lambda: ob.stats.iqm(np.zeros((0, 3))),
        lambda: ob.stats.holm([[0.1]]),
        lambda: ob.stats.sign_flip([], seed=1),
        lambda: ob.stats.stratified_bootstrap([[1.0]], seed=1, repetitions=0),
        lambda: ob.stats.probability_of_improvement([[1.0]], [[1.0, 2.0]]),
    ):
        with pytest.raises(ob.ConfigError):
            call()
