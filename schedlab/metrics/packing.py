"""How well pods were packed: free capacity that nothing can use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from schedlab.metrics.columns import column, resources, window
from schedlab.metrics.contract import metric

if TYPE_CHECKING:
    from schedlab.record import Run


@metric(unit="fraction")
def stranded(run: Run) -> pd.Series[float]:
    """Share of the allocatable amount that is free where a pod drawn from the workload does not fit.

    Time-weighted mean over the samples, each standing until the next one; samples without nodes are
    left out. After the fragmentation measure of Weng et al., USENIX ATC 2023, section 3.
    """
    time = column(run, "samples", "time")
    if not len(time):
        return pd.Series(float("nan"), index=list(resources(run)), dtype="float64")
    weight = np.maximum(np.diff(time, append=max(window(run), time[-1])), 0).astype(np.float64)
    if not weight.any():
        weight += 1.0  # a single sample at the end
    shares = {}
    for short, name in resources(run).items():
        alloc = column(run, "samples", f"alloc.{name}")
        there = alloc > 0
        share = column(run, "samples", f"stranded.{name}")[there] / alloc[there]
        total = weight[there].sum()
        shares[short] = (share * weight[there]).sum() / total if total else float("nan")
    return pd.Series(shares, dtype="float64")
