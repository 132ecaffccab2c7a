"""Fragmentation: how much of the devices' room typical pods cannot use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from schedlab.metrics.columns import column, standing
from schedlab.metrics.contract import metric

if TYPE_CHECKING:
    from schedlab.record import Run


@metric(
    unit="fraction",
    better={"amount": "lower"},
    formula="mean over the samples of (milli expected to be of no use to a typical pod / all milli, or idle milli)",
    source="Weng et al., USENIX ATC 2023, section 3 (schedlab.cluster.derived.fragmentation)",
)
def fragmentation(run: Run) -> pd.Series[float]:
    """Share of all devices (amount) and of their idle part (ratio) that is of no use to the typical pods.

    Of devices that are shared; empty where there are none. Time-weighted mean over the samples, each standing until the
    next one; samples without devices, and for the ratio without idle ones, are left out.
    """
    found = {}
    if "devices.fragments" in run.tables["samples"].column_names:
        weight, fragments = standing(run), column(run, "samples", "devices.fragments")
        for name, of in (("amount", "devices.all"), ("ratio", "devices.idle")):
            whole = column(run, "samples", of)
            there = whole > 0
            total = weight[there].sum()
            share = fragments[there] / whole[there]
            found[name] = (share * weight[there]).sum() / total if total else float("nan")
    return pd.Series(found, dtype="float64")
