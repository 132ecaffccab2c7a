"""How many pods there were, and how many of them were ever placed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.metrics.columns import column
from schedlab.metrics.contract import metric

if TYPE_CHECKING:
    from schedlab.record import Run

NEVER = -1


@metric(unit="count")
def pods(run: Run) -> int:
    """Pods submitted, the initial ones included."""
    return int(np.count_nonzero(column(run, "pods", "attempt") == 0))


@metric(unit="count")
def placed(run: Run) -> int:
    """Pods that were bound at least once."""
    pod = column(run, "pods", "pod")
    ever = np.zeros(pod.max(initial=-1) + 1, dtype=np.bool_)  # ten times faster than numpy.unique
    ever[pod[column(run, "pods", "bound", NEVER) != NEVER]] = True
    return int(np.count_nonzero(ever))


@metric(unit="count")
def pending(run: Run) -> int:
    """Pods that were never bound."""
    return pods(run) - placed(run)
