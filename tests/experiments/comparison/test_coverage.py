"""How often intervals hold the true mean, and tests reject what is true, by simulation."""

import numpy as np
import pytest

from schedlab.experiments.comparison.interval import interval
from schedlab.experiments.comparison.significance import corrected, p_values
from schedlab.streams import generator

SIZES = (2, 3, 5, 10, 30)
DRAWN = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "uniform": lambda rng, shape: rng.uniform(-1, 1, shape),
    "lognormal differences": lambda rng, shape: rng.lognormal(size=shape) - rng.lognormal(size=shape),
    "outliers": lambda rng, shape: rng.normal(size=shape) * np.where(rng.random(shape) < 0.1, 10, 1),
    "lognormal": lambda rng, shape: rng.lognormal(size=shape) - np.exp(0.5),
}  # all of mean 0
LEAST = {"uniform": (0.92, 0.92, 0.92, 0.95, 0.95), "lognormal": (0.88, 0.83, 0.8, 0.87, 0.91)}
EXACT = (0.94,) * len(SIZES)  # the nominal 95 %, less what 4,000 samples leave to chance (three standard errors)


def coverage(kind, n, samples):
    differences = np.sort(DRAWN[kind](generator(0, kind, n), (samples, n)), axis=1)
    low, high = interval(differences, 0.95)
    return np.mean((low <= 0) & (high >= 0))


@pytest.mark.parametrize("kind", DRAWN)
def test_intervals_hold_the_mean_as_often_as_their_docstring_says(kind):
    slack = 0.015  # 1,000 samples
    for n, least in zip(SIZES, LEAST.get(kind, EXACT), strict=True):
        assert coverage(kind, n, 1000) >= least - slack, n


@pytest.mark.slow
@pytest.mark.parametrize("kind", DRAWN)
def test_intervals_hold_the_mean_over_many_samples(kind):
    for n, least in zip(SIZES, LEAST.get(kind, EXACT), strict=True):
        found = coverage(kind, n, 10_000)
        assert least <= found <= 0.985, n


@pytest.mark.parametrize("kind", ["normal", "lognormal differences", "outliers"])
def test_the_test_rejects_what_is_true_no_more_often_than_it_says(kind):
    for n in SIZES:
        differences = DRAWN[kind](generator(1, kind, n), (4000, n))
        assert np.mean(p_values(differences) <= 0.05) <= 0.06, n


def test_few_of_the_differences_called_real_are_none():
    """Of 200 comparisons 40 differ; over 300 such suites the share of false ones among those named is 5 % at most."""
    rng = generator(2, "suites")
    shares, found = [], []
    for _ in range(300):
        differences = rng.normal(size=(200, 6))
        differences[:40] += 2.0
        named = corrected(p_values(differences)) <= 0.05
        shares.append(named[40:].sum() / max(named.sum(), 1))
        found.append(named[:40].mean())
    assert np.mean(shares) <= 0.05
    assert np.mean(found) > 0.5
