"""How much of the cluster was asked for, used and promised, over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from schedlab.metrics.columns import NEVER, column, kept, resources, span, standing
from schedlab.metrics.contract import metric

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schedlab.record import Run


@kept
def supply(run: Run, resource: str) -> float:
    """Return what the nodes offer of a resource: amount x seconds within the measured time."""
    return float((span(run, "nodes", "added", "removed") * column(run, "nodes", f"alloc.{resource}")).sum())


@metric(
    unit="fraction",
    better="higher",
    formula="integral of requests of bound pods / integral of allocatable, over the measured time",
    source="aggregate utilization in Verma, Korupolu & Wilkes, CLUSTER 2014",
)
def util(run: Run) -> pd.Series[float]:
    """Requested share of the allocatable amount per resource, time-weighted over the measured time.

    A pod holds its request from its binding until it finishes, a node offers its allocatable amount
    from when it is added until it is removed.
    """
    held = span(run, "pods", "bound", "finished")
    shares = {}
    for short, name in resources(run).items():
        total = supply(run, name)
        shares[short] = (held * column(run, "pods", f"req.{name}")).sum() / total if total else float("nan")
    return pd.Series(shares, dtype="float64")


@metric(
    unit="fraction",
    better="higher",
    formula="requests of bound pods / allocatable, when the measured time ends",
    source="allocation in Weng et al., USENIX ATC 2023, where pods arrive and none leaves",
)
def filled(run: Run) -> pd.Series[float]:
    """Requested share of the allocatable amount per resource at the end."""
    end = run.end
    held = (column(run, "pods", "bound", NEVER) <= end) & (column(run, "pods", "finished", NEVER) > end)
    there = (column(run, "nodes", "added") <= end) & (column(run, "nodes", "removed", NEVER) > end)
    shares = {}
    for short, name in resources(run).items():
        total = column(run, "nodes", f"alloc.{name}")[there].sum()
        shares[short] = float(column(run, "pods", f"req.{name}")[held].sum() / total) if total else float("nan")
    return pd.Series(shares, dtype="float64")


@metric(
    unit="fraction",
    formula="integral of usage / integral of allocatable, over the samples of the measured time",
    source="usage against allocation, as in Reiss et al., SoCC 2012",
)
def usage(run: Run) -> pd.Series[float]:
    """Share of the allocatable amount that pods really use, for the resources whose usage the workload knows."""
    return _sampled(run, "usage")


@metric(
    unit="ratio",
    formula="integral of limits / integral of allocatable, over the samples of the measured time",
    source="kubectl describe node, Allocated resources: limits as a share of allocatable",
)
def overcommit(run: Run) -> pd.Series[float]:
    """Limits of bound pods over the allocatable amount, for the resources that have limits; above 1: overcommitted."""
    return _sampled(run, "limits")


def _sampled(run: Run, what: str) -> pd.Series[float]:
    weight, shares = standing(run), {}
    for short, name in resources(run).items():
        amount = column(run, "samples", f"{what}.{name}")
        if amount.any():
            total = float((weight * column(run, "samples", f"alloc.{name}")).sum())
            shares[short] = float((weight * amount).sum()) / total if total else float("nan")
    return pd.Series(shares, dtype="float64")


def scarcest(runs: Iterable[Run]) -> str:
    """Return the resource (its short name) used most in the mean of some runs, the first if no time passed."""
    means = pd.DataFrame([util(run) for run in runs]).mean()
    known = means.dropna()
    return str(known.idxmax() if len(known) else means.index[0])
