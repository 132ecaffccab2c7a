"""usage.csv: pod, offset, cpu, memory; each row holds from its offset after the pod's start until the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.workload.tables.table import Table
from schedlab.workload.units import microseconds, nanocores, quoted, units
from schedlab.workload.workload import UsageCurves

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def read_usage(path: Path, names: Sequence[str]) -> UsageCurves | None:
    """Read usage.csv for pods called ``names``, in the workload's order; None if it has no row.

    A pod's rows may stand apart from each other.

    Raises
    ------
    InputError
        A cell is bad, a pod unknown, a pod's first offset not 0, or its offsets do not increase.
    """
    table = Table(path, ("pod", "offset", "cpu", "memory"))
    if not table.rows:
        return None
    pod = table.column("pod")
    rows = {name: row for row, name in enumerate(names)}
    for code, text in enumerate(pod.values):
        if text not in rows:
            raise pod.fault(pod.row_of(code), f"no pod is called {quoted(text)}", "name a pod of pods.csv")
    owner = np.array([rows[text] for text in pod.values], np.int64)[pod.codes]
    order = np.argsort(owner, kind="stable")
    owner = owner[order]
    offsets = table.column("offset")
    offset = offsets.parse(microseconds)[order]
    begins = np.diff(owner, prepend=-1) != 0
    for wrong, problem in (
        (begins & (offset != 0), "the pod's first offset is not 0"),
        (~begins & (np.diff(offset, prepend=0) <= 0), "the pod's offsets do not increase"),
    ):
        if wrong.any():
            raise offsets.fault(int(order[wrong].min()), problem, "write a pod's rows by time, the first at offset 0")
    return UsageCurves(
        first=np.searchsorted(owner, np.arange(len(names) + 1)).astype(np.int64),
        offset=offset,
        cpu=(table.column("cpu").parse(nanocores)[order] / 1e6).astype(np.float32),
        memory=table.column("memory").parse(units)[order].astype(np.float32),
    )
