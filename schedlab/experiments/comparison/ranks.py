"""Ranks: in which order the schedulers come on each trace, and how far the traces and replicates agree."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from schedlab.experiments.comparison.pairing import grids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from schedlab.experiments.comparison.pairing import Grid
    from schedlab.experiments.comparison.verdict import Better


PRECISION = 2.0**40  # relative differences below about 1e-12 are rounding, as in pairs


@dataclass(frozen=True)
class Standing:
    """The schedulers on one trace, by their means over the replicates that all of them know the metric for.

    Attributes
    ----------
    ranks
        Scheduler to rank; 1 is the best, equal means share the mean of their ranks.
    best
        Those that share the first rank.
    best_stays
        In which share of the replicates no other is better than the best of ``best``.
    replicates
        How many there are.
    bounds
        Some value is a lower bound, so that the order may be another one.
    """

    trace: str
    ranks: dict[str, float]
    best: tuple[str, ...]
    best_stays: float
    replicates: int
    bounds: bool


@dataclass(frozen=True)
class Ranks:
    """The standings in one metric over the traces.

    Attributes
    ----------
    concordance
        Kendall's W with correction for ties (Kendall and Babington Smith 1939) over the schedulers that every
        trace ranks: 1 if all traces order them alike, 0 if they have nothing in common. NaN for one trace.
    tau
        Mean of Kendall's tau-b over all pairs of traces.
    """

    metric: str
    standings: tuple[Standing, ...]
    concordance: float
    tau: float


def rank(rows: pd.DataFrame, metrics: Sequence[str], better: Callable[[str], Better]) -> tuple[Ranks, ...]:
    """Return the ranks in each metric that has a better side."""
    blocks = list(grids(rows, metrics))
    found = []
    for m, metric in enumerate(metrics):
        side = better(metric)
        if side is not None:
            standings = tuple(standing for grid in blocks for standing in _standing(grid, m, side))
            found.append(Ranks(metric, standings, *_agreement(standings)))
    return tuple(found)


def _standing(grid: Grid, m: int, better: Better) -> Iterator[Standing]:
    from scipy.stats import rankdata

    who = np.flatnonzero(np.isfinite(grid.values[m]).any(axis=1))
    common = np.flatnonzero(np.isfinite(grid.values[m][who]).all(axis=0))
    if len(who) and len(common):
        block = np.ix_(who, common)
        cost = _even(grid.values[m][block] * (1 if better == "lower" else -1))
        means = _even(cost.mean(axis=1))
        first = means == means.min()
        ranks = dict(zip((grid.schedulers[s] for s in who), rankdata(means).tolist(), strict=True))
        stays = float(np.mean(cost[first].min(axis=0) == cost.min(axis=0)))
        bounds = bool(grid.bounds[m][block].any())
        best = tuple(grid.schedulers[s] for s in who[first])
        yield Standing(grid.trace, ranks, best, stays, len(common), bounds)


def _even(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values without the last bits, which come from the order of additions."""
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.round(mantissa * PRECISION) / PRECISION, exponent)


def _agreement(standings: Sequence[Standing]) -> tuple[float, float]:
    """Return Kendall's W and the mean tau over the schedulers that all traces rank; NaN where they are undefined."""
    from scipy.stats import kendalltau, rankdata

    shared = [name for name in (standings[0].ranks if standings else ()) if all(name in s.ranks for s in standings)]
    if len(standings) < 2 or len(shared) < 2:
        return math.nan, math.nan
    ranks = np.array([rankdata([standing.ranks[name] for name in shared]) for standing in standings])
    taus = [kendalltau(one, other).statistic for one, other in combinations(ranks, 2)]
    return _concordance(ranks), float(np.mean(taus))


def _concordance(ranks: NDArray[np.float64]) -> float:
    """Return Kendall's W of rankings (traces, schedulers); NaN if each trace holds all of them equal."""
    m, n = ranks.shape
    sums = ranks.sum(axis=0)
    ties = sum(float((count**3 - count).sum()) for row in ranks for count in [np.unique(row, return_counts=True)[1]])
    most = m * m * (n**3 - n) - m * ties
    return float(12 * np.square(sums - sums.mean()).sum() / most) if most else math.nan
