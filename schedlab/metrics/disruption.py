"""What was taken away from pods that ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from schedlab.metrics.columns import NEVER, column, is_text, kept, within
from schedlab.metrics.contract import metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.record import Run


@kept
def _evicted(run: Run) -> NDArray[np.bool_]:
    """Return which decisions took a pod off its node in the measured time."""
    return is_text(run, "decisions", "verb", "evict") & within(run, column(run, "decisions", "time"))


@metric(
    unit="count",
    better="lower",
    formula="number of decisions with the verb evict; priority.P: of pods of priority P",
    source="Kubernetes documentation, Node-pressure Eviction",
)
def evictions(run: Run) -> pd.Series[int]:
    """Decisions to take a running pod off its node: in all, and for each priority among the pods."""
    evicted = column(run, "decisions", "pod")[_evicted(run)]
    levels = np.sort(pc.unique(run.tables["pods"]["priority"]).to_numpy())  # by hashing: no sort of all pods
    counts = np.zeros(len(levels), np.int64)
    if len(evicted):
        pod, priority = column(run, "pods", "pod"), column(run, "pods", "priority")
        level_of = np.zeros(pod.max(initial=-1) + 1, dtype=np.int64)
        level_of[pod] = np.searchsorted(levels, priority)
        counts = np.bincount(level_of[evicted], minlength=len(levels))
    index = ["", *(f"priority.{value}" for value in levels)]
    return pd.Series([len(evicted), *counts], index=index, dtype="int64")


@metric(
    unit="count",
    better="lower",
    formula="number of evictions whose reason begins with Preempt",
    source="Kubernetes documentation, Pod Priority and Preemption",
)
def preemptions(run: Run) -> int:
    """Evictions that make room for a pod of higher priority."""
    told = pc.fill_null(pc.starts_with(run.tables["decisions"]["reason"].cast("string"), "Preempt"), False)
    return int(np.count_nonzero(_evicted(run) & told.to_numpy()))


@metric(
    unit="count",
    better="lower",
    formula="number of bindings of attempts after the first",
    source="Kubernetes documentation, Jobs: a new Pod for each that is lost",
)
def restarts(run: Run) -> int:
    """Attempts beyond a pod's first that got a node: work begun anew."""
    again = column(run, "pods", "attempt") > 0
    return int(np.count_nonzero(again & within(run, column(run, "pods", "bound", NEVER)))) if again.any() else 0


@metric(
    unit="count",
    better="lower",
    formula="number of pods that failed for good: lost more often than the back-off limit allows, or out of walltime",
    source="Kubernetes documentation, Jobs: .spec.backoffLimit, .spec.activeDeadlineSeconds",
)
def failed(run: Run) -> int:
    """Pods that failed for good.

    They were evicted or lost with their node more often than their Job's back-off limit allows, or ran into their
    walltime and were killed.
    """
    return int(np.count_nonzero(is_text(run, "events", "kind", "fail") & within(run, column(run, "events", "time"))))
