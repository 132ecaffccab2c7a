"""Schedulers side by side: means over replicates, with their spread, and no verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from schedlab.experiments.comparison.columns import CENSORED, FIRST_TIE, PLACE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

SORTED_BY = "pods never placed, then by the 95th percentile of waiting"


@dataclass(frozen=True)
class Mean:
    """A metric over the replicates of one scheduler.

    Attributes
    ----------
    mean
        NaN where no replicate knows the number.
    half_range
        Half of greatest - least.
    censored
        Some replicate knows only a lower bound, so the mean is one too.
    """

    mean: float
    half_range: float
    censored: bool = False


@dataclass(frozen=True)
class Line:
    """One scheduler on one trace: how many of its replicates ran, and the mean of each metric."""

    scheduler: str
    runs: int
    replicates: int
    metrics: dict[str, Mean]


def means(rows: pd.DataFrame) -> dict[str, list[Line]]:
    """Return each trace's schedulers, sorted by `SORTED_BY`; those of which no run ended well come last.

    Parameters
    ----------
    rows
        As in `compare`; only the first tie-break seed counts.
    """
    tables = {}
    for trace, of_trace in rows[rows["tie"] == FIRST_TIE].groupby("trace", sort=False):
        lines = [_line(str(name), group) for name, group in of_trace.groupby("scheduler", sort=False)]
        tables[str(trace)] = sorted(lines, key=_place)
    return tables


def scarcest(lines: Sequence[Line]) -> str:
    """Return the resource with the highest mean utilisation over the schedulers, "" if nothing is known."""
    shares = pd.DataFrame([{name: found.mean for name, found in line.metrics.items()} for line in lines])
    util = shares.filter(regex=r"^util\.").mean().dropna()
    return "" if util.empty else str(util.idxmax()).removeprefix("util.")


def _line(scheduler: str, group: pd.DataFrame) -> Line:
    ran = group[group["error"] == ""]
    known = ran.drop(columns=list(PLACE)).dropna(axis="columns", how="all")
    metrics = {}
    for name in (name for name in known.columns if not name.endswith(CENSORED)):
        values = pd.to_numeric(known[name])
        bound = name + CENSORED in known and bool(known[name + CENSORED].eq(True).any())
        metrics[name] = Mean(float(values.mean()), float(values.max() - values.min()) / 2, bound)
    return Line(scheduler, len(ran), len(group), metrics)


def _place(line: Line) -> tuple[Any, ...]:
    unknown = Mean(float("inf"), 0.0)
    keys = [line.metrics.get(name, unknown).mean for name in ("pending", "wait.p95")]
    return (not line.runs, *(key if key == key else float("inf") for key in keys), line.scheduler)
