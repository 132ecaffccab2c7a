"""The scheduler as a server, where decisions take time: how fast it works, and how many pods wait for their turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from schedlab.metrics.columns import NEVER, column, standing, within
from schedlab.metrics.contract import metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.record import Run


def takes_time(run: Run) -> bool:
    """Say whether decisions took simulated time; where they took none, nobody ever waited for the scheduler."""
    return "decision_time" in run.manifest["profile"]


def waiting(run: Run) -> NDArray[np.float64]:
    """Return how many pods waited for the scheduler at each sample, (S,): active or backing off.

    Those that were put aside as unschedulable wait for the cluster.
    """
    pods: NDArray[np.float64] = column(run, "samples", "queue.active") + column(run, "samples", "queue.backoff")
    return pods


def bindings(run: Run) -> NDArray[np.int64]:
    """Return how many bindings there were up to each sample, (S,)."""
    bound = np.sort(column(run, "pods", "bound", NEVER))
    return np.searchsorted(bound, column(run, "samples", "time"), side="right")


@metric(
    unit="1/s",
    better="higher",
    formula="bindings / simulated seconds of deciding, from the first to the last sample of the measured time",
    source="SchedulingThroughput of Kubernetes' test/integration/scheduler_perf, here while the queue is not empty",
)
def scheduling_throughput(run: Run) -> pd.Series[float]:
    """Pods that are bound per simulated second in which the scheduler decides.

    It decides whenever a pod is active or backs off, so this is its rate under load: 1 / decision time if no decision
    is in vain. NaN where it decided nothing; left out where decisions take no time.
    """
    if not takes_time(run):
        return pd.Series(dtype="float64")
    inside = np.flatnonzero(within(run, column(run, "samples", "time")))
    busy = np.diff(column(run, "samples", "busy")[inside[[0, -1]]])[0] / 1e6 if len(inside) else 0.0
    return pd.Series({"": np.diff(bindings(run)[inside[[0, -1]]])[0] / busy if busy else np.nan}, dtype="float64")


@metric(
    unit="count",
    better="lower",
    formula="mean and largest number of pods in the active or backoff queue, over the samples of the measured time",
    source="scheduler_pending_pods of kube-scheduler, queues active and backoff",
)
def backlog(run: Run) -> pd.Series[float]:
    """Pods that wait for the scheduler and not for the cluster, the one that is being tried among them.

    Each sample stands until the next one. Left out where decisions take no time: it is 0.
    """
    if not takes_time(run):
        return pd.Series(dtype="float64")
    weight, pods = standing(run), waiting(run)
    mean = float((weight * pods).sum() / weight.sum())
    return pd.Series({"mean": mean, "max": pods[weight > 0].max()}, dtype="float64")
