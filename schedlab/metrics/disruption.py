"""What was taken away from pods that ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from schedlab.metrics.columns import column, is_text
from schedlab.metrics.contract import metric

if TYPE_CHECKING:
    from schedlab.record import Run


@metric(unit="count")
def evictions(run: Run) -> pd.Series[int]:
    """Decisions to take a running pod off its node: in all, and for each priority among the pods."""
    evicted = column(run, "decisions", "pod")[is_text(run, "decisions", "verb", "evict")]
    pod, priority = column(run, "pods", "pod"), column(run, "pods", "priority")
    levels, level = np.unique(priority, return_inverse=True)
    level_of = np.zeros(pod.max(initial=-1) + 1, dtype=np.int64)
    level_of[pod] = level
    counts = np.bincount(level_of[evicted], minlength=len(levels))
    index = ["", *(f"priority.{value}" for value in levels)]
    return pd.Series([len(evicted), *counts], index=index, dtype="int64")


@metric(unit="count")
def failed(run: Run) -> int:
    """Pods that were given up: evicted or lost with their node more often than their Job's back-off limit allows."""
    return int(np.count_nonzero(is_text(run, "events", "kind", "fail")))
