"""How much of the cluster was asked for, over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from schedlab.metrics.columns import column, resources, span
from schedlab.metrics.contract import metric

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schedlab.record import Run


@metric(unit="fraction")
def util(run: Run) -> pd.Series[float]:
    """Requested share of the allocatable amount per resource, time-weighted over the measured time.

    A pod holds its request from its binding until it finishes, a node offers its allocatable amount
    from when it is added until it is removed.
    """
    held, offered = span(run, "pods", "bound", "finished"), span(run, "nodes", "added", "removed")
    shares = {}
    for short, name in resources(run).items():
        total = (offered * column(run, "nodes", f"alloc.{name}")).sum()
        shares[short] = (held * column(run, "pods", f"req.{name}")).sum() / total if total else float("nan")
    return pd.Series(shares, dtype="float64")


def scarcest(runs: Iterable[Run]) -> str:
    """Return the resource (its short name) with the highest mean utilisation over some runs."""
    return str(pd.DataFrame([util(run) for run in runs]).mean().idxmax())
