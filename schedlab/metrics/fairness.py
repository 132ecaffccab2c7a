"""How evenly tenants are served; of runs whose pods have tenants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from schedlab.metrics.columns import NEVER, codes, column, kept, resources, span, window
from schedlab.metrics.contract import metric
from schedlab.metrics.latency import slowdowns
from schedlab.metrics.utilisation import supply

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.record import Run


@kept
def dominant_shares(run: Run) -> pd.Series[float]:
    """Return each tenant's dominant share of the cluster, time-weighted; empty if no pod has a tenant.

    It is the largest, over resources, of the tenant's share of what the nodes offer (Ghodsi et al., NSDI 2011,
    section 4). Tenants count that had a pod waiting or running in the measured time.
    """
    if "tenant" not in run.tables["pods"].column_names:
        return pd.Series(dtype="float64")
    tenant, names = codes(run, "pods", "tenant")
    start, end = window(run)
    there = (column(run, "pods", "queued") <= end) & (column(run, "pods", "finished", NEVER) >= start)
    present = np.bincount(tenant[there & (tenant >= 0)], minlength=len(names)) > 0
    held, named = span(run, "pods", "bound", "finished"), tenant >= 0
    shares = np.zeros(len(names))
    for name in resources(run).values():
        if total := supply(run, name):
            amount = (held * column(run, "pods", f"req.{name}"))[named]
            shares = np.maximum(shares, np.bincount(tenant[named], amount, len(names)) / total)
    return pd.Series(shares[present], index=np.array(names, object)[present], dtype="float64").sort_index()


def jain(values: NDArray[Any]) -> float:
    """Return Jain's index (sum x)^2 / (n sum x^2): 1 if all are equal, 1/n if one has all; NaN if all are zero."""
    squares = float((values * values).sum())
    return float(values.sum()) ** 2 / (len(values) * squares) if squares else float("nan")


@metric(
    unit="ratio",
    better={"jain_share": "higher", "jain_slowdown": "higher"},
    formula="Jain (sum x)^2 / (n sum x^2) over tenants' dominant shares, and over their mean bounded slowdowns",
    source="Jain, Chiu & Hawe, DEC-TR-301, 1984; dominant shares: Ghodsi et al., NSDI 2011, section 4",
)
def fairness(run: Run) -> pd.Series[float]:
    """Jain's index over tenants, and the largest and the smallest dominant share; left out where there are no tenants.

    Slowdowns that are lower bounds (see `slowdowns`) enter as they are: a tenant whose pods never run looks better
    served than it is, which ``jain_share`` shows.
    """
    shares = dominant_shares(run)
    if shares.empty:
        return shares
    entries = {"jain_share": jain(shares.to_numpy()), "share_max": shares.max(), "share_min": shares.min()}
    found = slowdowns(run)
    if found is not None:
        tenant = codes(run, "pods", "tenant").code[found.row]
        values, tenant = found.values[tenant >= 0], tenant[tenant >= 0]
        counts = np.bincount(tenant)
        if len(values):
            entries["jain_slowdown"] = jain(np.bincount(tenant, values)[counts > 0] / counts[counts > 0])
    return pd.Series(entries, dtype="float64")
