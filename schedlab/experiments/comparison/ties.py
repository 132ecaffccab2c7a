"""The spread over tie-break seeds: chance within one replicate, which says nothing of other workloads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schedlab.experiments.comparison.columns import FIRST_TIE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


@dataclass(frozen=True)
class TieSpread:
    """How far a metric of one scheduler on one trace moves with the seed of its tie-breaks alone.

    Attributes
    ----------
    seeds
        The most tie-break seeds that a replicate has.
    replicates
        Those with two seeds at least that know the metric.
    mean
        Of the metric, over seeds and then over replicates.
    spread, widest
        Greatest - least over the seeds of a replicate: the mean over replicates, and the largest.
    """

    trace: str
    metric: str
    scheduler: str
    seeds: int
    replicates: int
    mean: float
    spread: float
    widest: float


def tie_spreads(rows: pd.DataFrame, metrics: Sequence[str]) -> tuple[TieSpread, ...]:
    """Return the spreads of all schedulers that ran under several tie-break seeds."""
    well = rows[rows["error"] == ""]
    if not (well["tie"] != FIRST_TIE).any():
        return ()
    found = []
    for metric in metrics:
        known = well.assign(value=well[metric].astype("float64")).dropna(subset="value")
        seeds = known.groupby(["trace", "scheduler", "replicate"], sort=False)["value"]
        each = seeds.agg(["count", "mean", "min", "max"])
        each = each[each["count"] > 1].assign(spread=lambda of: of["max"] - of["min"])
        for (trace, scheduler), of in each.groupby(["trace", "scheduler"], sort=False):
            numbers = (float(of["mean"].mean()), float(of["spread"].mean()), float(of["spread"].max()))
            found.append(TieSpread(str(trace), metric, str(scheduler), int(of["count"].max()), len(of), *numbers))
    return tuple(found)
