"""What the nodes cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from schedlab.metrics.columns import hours, span
from schedlab.metrics.contract import metric

if TYPE_CHECKING:
    from schedlab.record import Run


@metric(
    unit="price/h",
    better="lower",
    formula="sum over nodes of price per hour x time present / measured time",
    source="prices: the nodes' label or annotation schedlab.io/price",
)
def cost(run: Run) -> pd.Series[float]:
    """Mean cost of the nodes that are there, per hour, in the unit of their prices; left out if one has no price."""
    nodes = run.tables["nodes"]
    if "price" not in nodes.column_names or nodes["price"].null_count or not hours(run):
        return pd.Series(dtype="float64")
    paid = (span(run, "nodes", "added", "removed") / 3600 * nodes["price"].to_numpy()).sum()
    return pd.Series({"": float(paid) / hours(run)})
