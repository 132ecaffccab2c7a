"""How long pods waited for a node; pods that never got one count, as censored."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from schedlab.metrics.columns import column, window
from schedlab.metrics.contract import metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.record import Run

PERCENTILES = (50, 95, 99)
NEVER = np.iinfo(np.int64).max


class Waits(NamedTuple):
    """Waiting times of the pods that were not initial, in the order of the workload."""

    seconds: NDArray[np.float64]  # (P,) from submission to the first binding, or to the end of the run
    censored: NDArray[np.bool_]  # (P,) never bound: the true wait is at least ``seconds``


def waits(run: Run) -> Waits:
    """Return how long each pod that was not initial waited, from submission to its first binding."""
    pod = column(run, "pods", "pod")
    first = np.full(pod.max(initial=-1) + 1, NEVER)
    gone = np.zeros_like(first)
    np.minimum.at(first, pod, column(run, "pods", "bound", NEVER))
    np.maximum.at(gone, pod, np.minimum(column(run, "pods", "finished", NEVER), window(run)))
    counted = (column(run, "pods", "attempt") == 0) & ~column(run, "pods", "initial")
    submit, pod = column(run, "pods", "submit")[counted], pod[counted]
    never = first[pod] == NEVER
    until = np.where(never, gone[pod], first[pod])
    return Waits(np.maximum(until - submit, 0) / 1e6, never)


@metric(unit="s")
def wait(run: Run) -> pd.Series[float]:
    """Percentiles of the waiting time: the smallest wait that p % of the pods do not exceed.

    A pod that was never placed waited at least until the end of the run. Where the percentile would be
    another one if such pods had waited for ever, it is a lower bound and ``<p>.censored`` is True.
    """
    seconds, censored = waits(run)
    longest = np.where(censored, np.inf, seconds)
    entries: dict[str, float | bool] = {}
    for percent in PERCENTILES:
        at_least = _percentile(seconds, percent)
        entries[f"p{percent}"] = at_least
        entries[f"p{percent}.censored"] = bool(at_least < _percentile(longest, percent))
    return pd.Series(entries, dtype=object)


def _percentile(values: NDArray[np.float64], percent: int) -> float:
    """Return the order statistic ceil(percent * n / 100), NaN without values (integers: no rounding error)."""
    if not len(values):
        return float("nan")
    rank = -(-percent * len(values) // 100) - 1
    return float(np.partition(values, rank)[rank])
