"""The lives of pods: what their attempts, a row each, come to for each pod."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from schedlab.metrics.columns import NEVER, column, kept, window

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.record import Run


class Lives(NamedTuple):
    """One row a pod, in the order of the workload."""

    first: NDArray[np.int64]  # (P,) row of the first attempt
    last: NDArray[np.int64]  # (P,) row of the last attempt
    bound: NDArray[np.int64]  # (P,) us, of the first binding in the measured time or before; NEVER
    counted: NDArray[np.bool_]  # (P,) submitted in the measured time, the initial ones at its very start included


@kept
def lives(run: Run) -> Lives:
    """Return the pods of a run."""
    pod, attempt = column(run, "pods", "pod"), column(run, "pods", "attempt")
    start, end = window(run)
    first = last = order = np.arange(len(pod))
    bound = column(run, "pods", "bound", NEVER)
    if attempt.any():
        order = np.lexsort((attempt, pod))
        begins = np.flatnonzero(np.diff(pod[order], prepend=-1))
        first, last = order[begins], order[np.append(begins[1:], len(pod)) - 1]
        bound = np.minimum.reduceat(bound[order], begins)
    return Lives(first, last, np.where(bound <= end, bound, NEVER), column(run, "pods", "submit")[first] >= start)
