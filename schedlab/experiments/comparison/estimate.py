"""Estimates: the statistics of many comparisons at once, those of equal size together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from schedlab.experiments.comparison.effect import effect_size
from schedlab.experiments.comparison.interval import interval
from schedlab.experiments.comparison.significance import p_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from schedlab.experiments.comparison.pairing import Pairs


@dataclass(frozen=True)
class Estimates:
    """Arrays (C,), one number a comparison; NaN where there are too few replicates for it."""

    mean: NDArray[np.float64]
    spread: NDArray[np.float64]  # standard deviation of the differences
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    effect: NDArray[np.float64]
    p: NDArray[np.float64]


def estimate(found: Sequence[Pairs], confidence: float) -> Estimates:
    """Return the statistics of the observed differences; lower bounds open their side of the interval.

    Where lower bounds leave the sign of the observed mean open there is no p.
    """
    made = Estimates(*(np.full(len(found), np.nan) for _ in fields(Estimates)))
    rows_of: dict[int, list[int]] = defaultdict(list)
    for index, pairs in enumerate(found):
        rows_of[len(pairs.base)].append(index)
    for n, rows in rows_of.items():
        if n == 0:
            continue
        differences = np.array([found[row].differences for row in rows])
        made.mean[rows] = differences.mean(axis=1)
        if n > 1:
            made.spread[rows] = differences.std(axis=1, ddof=1)
            made.low[rows], made.high[rows] = interval(differences, confidence)
            made.effect[rows], made.p[rows] = effect_size(differences), p_values(differences)
    at_most, at_least = (np.array([pairs.bound in (kind, "unknown") for pairs in found], np.bool_)
                         for kind in ("at most", "at least"))  # fmt: skip
    made.low[at_most & ~np.isnan(made.low)] = -np.inf
    made.high[at_least & ~np.isnan(made.high)] = np.inf
    made.p[(at_most & ~(made.mean < 0)) | (at_least & ~(made.mean > 0))] = np.nan
    return made
