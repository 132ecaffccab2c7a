"""Workload inflation: how much more of the same workload would fit on its machines, under a scheduler.

Verma, Korupolu and Wilkes, Evaluating job packing in warehouse-scale computing, CLUSTER 2014: horizontal scaling.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.experiments.searches.fitting import TRIALS, Fitting, boundary, percentile
from schedlab.experiments.searches.search import search
from schedlab.experiments.searches.snapshot import snapshot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.experiments.searches.fitting import Tell
    from schedlab.workload import Workload

PERCENT = 10


@dataclass(frozen=True)
class Inflation:
    """What a search for the largest factor found.

    Attributes
    ----------
    trials
        The factor of each trial: pods that fit / pods of the workload.
    bounds
        Proven, for each trial: no scheduler can place more of the pods in this order, for the machines' total capacity
        in some resource would be too small.
    pods
        Pods of the workload.
    """

    trials: tuple[float, ...]
    bounds: tuple[float, ...]
    pods: int

    @property
    def factor(self) -> float:
        """The result: the 10th percentile of the trials; nine in ten reach it."""
        return self.percentile(PERCENT)

    @property
    def median(self) -> float:
        """The 50th percentile of the trials."""
        return self.percentile(50)

    @property
    def bound(self) -> float:
        """The largest of the trials' bounds."""
        return max(self.bounds)

    def percentile(self, percent: int) -> float:
        """Return the smallest factor that so many per cent of the trials do not exceed."""
        return percentile(self.trials, percent)


def inflation(
    pods: Workload,
    scheduler: Any = "best_fit",
    *,
    seed: int = 0,
    trials: int = TRIALS,
    pending: float = 0.0,
    tell: Tell | None = None,
) -> Inflation:
    """Search for the largest factor by which a workload can be multiplied and still fit on its machines.

    In a trial the pods come in a random order, all of them, then all again in another order, and so on; the first m
    of this row are placed anew for each m that is tried. Where they are placed as they come, more pods never make
    room, and the factor is the largest. A profile with an order of its own, and priorities, sort them first; then more
    pods may fit where fewer did not, and the factor found, by bisection, is one that fits while one pod more does not.

    Parameters are those of `compaction`.

    Raises
    ------
    InputError
        If some pod is larger than every node, or an option is out of its range.
    """
    fitting = Fitting.of(pods, scheduler, seed, pending, trials)
    fitting.refuse_misfits(pods.nodes, "no node of the workload can")
    count, found, bounds = len(pods.pods), [], []
    for trial in range(trials):
        if tell is not None:
            tell(trial, trials)
        rows = _rows(fitting, trial)

        def overflows(size: int, rows: NDArray[np.int64] = rows) -> bool:
            return len(fitting.unplaced(pods.nodes, rows[:size])) > fitting.allowed(size)

        bounds.append(len(rows) / count)
        found.append((boundary(overflows, 0, len(rows) + 1) - 1) / count)
    return Inflation(tuple(found), tuple(bounds), count)


@search(
    "inflation",
    unit="ratio",
    better={"": "higher", "median": "higher"},
    formula="factor by which the pods at the peak can be multiplied and still fit, 10th percentile; .bound: proven",
    source="Verma, Korupolu and Wilkes, CLUSTER 2014",
)
def measure(workload: Workload, profile: Any, seed: int) -> dict[str, float]:
    """Return the inflation of a workload's peak as entries of a summary."""
    found = inflation(snapshot(workload), profile, seed=seed)
    return {"inflation": found.factor, "inflation.median": found.median, "inflation.bound": found.bound}


def _rows(fitting: Fitting, trial: int) -> NDArray[np.int64]:
    """Return the pods in the order in which they come, copies after one another, as far as any scheduler may get.

    The first m need at least the sum of their requests, less the largest request for each that may stay pending. As
    every node holds a limited number of pods, that ends.
    """
    capacity, count = fitting.capacities(fitting.snapshot.nodes), len(fitting.requests)
    total, requests = capacity.sum(axis=0), np.minimum(fitting.requests, capacity.max(axis=0))
    most = int(total[fitting.resources.index("pods")] / (1 - fitting.pending)) + 1
    rows = np.concatenate([fitting.order(trial, copy) for copy in range(-(-most // count))])[:most]
    spared = (fitting.pending * np.arange(1, most + 1)).astype(np.int64)[:, None] * requests.max(axis=0)
    fits = (np.cumsum(requests[rows % count], axis=0) - spared <= total).all(axis=1)
    return rows[: np.flatnonzero(fits)[-1] + 1] if fits.any() else rows[:0]
