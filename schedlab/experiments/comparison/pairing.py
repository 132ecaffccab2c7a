"""Pairing: two schedulers in the same replicates of a trace, where both met the same pods and nodes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from schedlab.errors import InputError
from schedlab.experiments.comparison.columns import bounds as bounds_of
from schedlab.experiments.comparison.columns import ended
from schedlab.extensions import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

Bound = Literal["", "at most", "at least", "unknown"]
ROUNDING = 1e-12  # a relative difference below it comes from the order of additions


@dataclass(frozen=True)
class Pairs:
    """A metric of two schedulers on one trace, in the n replicates that both know it for.

    Attributes
    ----------
    base, other
        (n,) values of the baseline and of the scheduler that is compared.
    base_bound, other_bound
        (n,) bool: the value is a lower bound.
    left_out
        Replicates in which one side failed or does not know the metric.
    """

    trace: str
    metric: str
    baseline: str
    scheduler: str
    base: NDArray[np.float64]
    other: NDArray[np.float64]
    base_bound: NDArray[np.bool_]
    other_bound: NDArray[np.bool_]
    left_out: int

    @cached_property
    def differences(self) -> NDArray[np.float64]:
        """(n,) scheduler - baseline, sorted, so that the replicates' names mean nothing."""
        difference = self.other - self.base
        noise = ROUNDING * np.maximum(np.abs(self.other), np.abs(self.base))
        return np.sort(np.where(np.abs(difference) <= noise, 0.0, difference))

    @cached_property
    def bound(self) -> Bound:
        """What the observed differences are to the true ones; one replicate with a lower bound opens that side."""
        return bound_of(bool(self.base_bound.any()), bool(self.other_bound.any()))


def bound_of(base: bool, other: bool) -> Bound:
    """Return what an observed difference other - base is to the true one, given which sides are lower bounds.

    Where only the baseline's value is one the true difference is at most the one observed; where only the other is,
    at least; where both are, even in different replicates, its sign is unknown.
    """
    return "unknown" if base and other else "at most" if base else "at least" if other else ""


class Grid(NamedTuple):
    """One trace's values as a block: metrics x schedulers x replicates, NaN where there is none."""

    trace: str
    schedulers: list[str]
    values: NDArray[np.float64]
    bounds: NDArray[np.bool_]
    planned: NDArray[np.bool_]  # schedulers x replicates: there is a run, whether or not it ended well


def grids(rows: pd.DataFrame, metrics: Sequence[str]) -> Iterator[Grid]:
    """Yield a block for each trace, its schedulers in the order of the rows."""
    well = ended(rows)
    values = well[list(metrics)].astype("float64")
    censored = np.column_stack([bounds_of(well, metric) for metric in metrics]) if metrics else np.zeros((len(well), 0))
    for trace, planned in rows.groupby("trace", sort=False):
        schedulers, replicates = list(planned["scheduler"].unique()), sorted(planned["replicate"].unique())
        column, row = {name: i for i, name in enumerate(schedulers)}, {name: i for i, name in enumerate(replicates)}
        here = (well["trace"] == trace).to_numpy()
        at = (
            well["scheduler"][here].map(column).to_numpy(np.int64),
            well["replicate"][here].map(row).to_numpy(np.int64),
        )
        shape = (len(metrics), len(schedulers), len(replicates))
        block, flags, there = np.full(shape, np.nan), np.zeros(shape, np.bool_), np.zeros(shape[1:], np.bool_)
        block[:, *at] = values.to_numpy()[here].T
        flags[:, *at] = censored[here].T
        there[planned["scheduler"].map(column), planned["replicate"].map(row)] = True
        yield Grid(str(trace), [str(name) for name in schedulers], block, flags, there)


def pair(rows: pd.DataFrame, baselines: Sequence[str], metrics: Sequence[str]) -> list[Pairs]:
    """Return the pairs of every scheduler with every baseline, for each trace and metric that some run knows.

    Raises
    ------
    InputError
        A baseline is no scheduler of the table.
    """
    known = set(rows["scheduler"])
    for name in baselines:
        if name not in known:
            raise InputError(f"there is no scheduler {name!r} for a baseline", mend=nearest(name, map(str, known)))
    return [
        pairs for grid in grids(rows, metrics) for pairs in _of_trace(grid, list(dict.fromkeys(baselines)), metrics)
    ]


def _of_trace(grid: Grid, baselines: list[str], metrics: Sequence[str]) -> Iterator[Pairs]:
    known = np.isfinite(grid.values)
    for (m, metric), baseline in product(enumerate(metrics), baselines):
        if baseline not in grid.schedulers or not known[m].any():
            continue
        b = grid.schedulers.index(baseline)
        for s, scheduler in enumerate(grid.schedulers):
            if s == b:
                continue
            both = known[m, b] & known[m, s]
            left_out = int(np.count_nonzero(grid.planned[b] | grid.planned[s]) - np.count_nonzero(both))
            base, other = (grid.values[m, side, both] for side in (b, s))
            base_bound, other_bound = (grid.bounds[m, side, both] for side in (b, s))
            yield Pairs(grid.trace, metric, baseline, scheduler, base, other, base_bound, other_bound, left_out)
