"""Cell compaction: how few machines a workload fits on, under a scheduler; and how many nodes of one type it needs.

Verma et al., Large-scale cluster management at Google with Borg, EuroSys 2015, section 5.1; Verma, Korupolu and Wilkes,
Evaluating job packing in warehouse-scale computing, CLUSTER 2014.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.errors import SchedlabError
from schedlab.experiments.searches.fitting import TRIALS, Fitting, boundary, cloned, percentile
from schedlab.experiments.searches.search import search
from schedlab.experiments.searches.snapshot import snapshot
from schedlab.streams import generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from schedlab.experiments.searches.fitting import Tell
    from schedlab.objects import Node
    from schedlab.workload import Workload

PERCENT = 90


@dataclass(frozen=True)
class Compaction:
    """What a search for the smallest number of machines found.

    Attributes
    ----------
    trials
        The number of machines of each trial.
    original
        Machines that there were; what is beyond are clones of them.
    bound
        Proven: no scheduler can do with fewer, whichever machines of those it is given, for their total capacity in
        some resource would be too small.
    limit
        The resource that says so; ``pods`` is the number of pods that a node may hold.
    pods
        Pods placed in each trial.
    """

    trials: tuple[int, ...]
    original: int
    bound: int
    limit: str
    pods: int

    @property
    def machines(self) -> int:
        """The result: the 90th percentile of the trials, with which one can be reasonably sure of a fit."""
        return self.percentile(PERCENT)

    @property
    def median(self) -> int:
        """The 50th percentile of the trials."""
        return self.percentile(50)

    def percentile(self, percent: int) -> int:
        """Return the smallest number that so many per cent of the trials do not exceed."""
        return int(percentile(self.trials, percent))


def compaction(
    pods: Workload,
    scheduler: Any = "best_fit",
    *,
    seed: int = 0,
    trials: int = TRIALS,
    pending: float = 0.0,
    tell: Tell | None = None,
) -> Compaction:
    """Search for the smallest number of a workload's machines on which its pods still fit.

    A trial removes machines in a random order and has the pods, in a random order too, placed anew each time. If they
    do not fit on all machines, these are cloned, whole cells at a time. Greedy placement is not monotone: pods may fit
    on 90 machines, not on 91, and again on 92. What a trial finds, by bisection, is a number on which they fit while on
    one machine less, of the same order, they do not; there may be smaller ones.

    Parameters
    ----------
    pods
        A `snapshot`: all pods count, and all nodes.
    scheduler
        What `Profile.of` takes; it places the pods through `schedlab.placement.greedy`.
    seed
        Of the orders, and of the scheduler's own draws.
    trials
        At least 1; 11 in the paper.
    pending
        Share of the pods that may find no node; 0.002 in the paper, for pods that are too picky.
    tell
        Called with the trials done and all of them.

    Raises
    ------
    InputError
        If some pod is larger than every node, or an option is out of its range.
    SchedlabError
        If clones do not help: some pod fits nowhere.
    """
    fitting = Fitting.of(pods, scheduler, seed, pending, trials)
    fitting.refuse_misfits(pods.nodes, "no node of the workload can")
    return _search(fitting, pods.nodes, trials, tell)


def fit_nodes(
    pods: Workload,
    node: Node,
    scheduler: Any = "best_fit",
    *,
    seed: int = 0,
    trials: int = TRIALS,
    pending: float = 0.0,
    tell: Tell | None = None,
) -> Compaction:
    """Search for the number of nodes of one type that a workload needs: the same as `compaction` of a cell of clones.

    Trials differ in the order in which the pods come. ``original`` is 0.

    Raises
    ------
    InputError, SchedlabError
        As `compaction`; a node that cannot hold the largest pod is refused with the pod's name.
    """
    fitting = Fitting.of(pods, scheduler, seed, pending, trials)
    fitting.refuse_misfits([node], "a node of this type cannot")
    return _search(fitting, [node], trials, tell, original=0)


@search(
    "compaction",
    unit="count",
    better={"": "lower", "median": "lower"},
    formula="machines on which the pods at the peak fit, 90th percentile over random orders of removal; .bound: proven",
    source="Verma et al., EuroSys 2015, section 5.1; Verma, Korupolu and Wilkes, CLUSTER 2014",
)
def measure(workload: Workload, profile: Any, seed: int) -> dict[str, float]:
    """Return the compaction of a workload's peak as entries of a summary."""
    found = compaction(snapshot(workload), profile, seed=seed)
    return {"compaction": found.machines, "compaction.median": found.median, "compaction.bound": found.bound}


def _search(
    fitting: Fitting, cell: Sequence[Node], trials: int, tell: Tell | None, original: int | None = None
) -> Compaction:
    capacity = fitting.capacities(cell)
    least, limit = _bound(fitting.least_demand(capacity), capacity, fitting.resources)
    found = []
    for trial in range(trials):
        if tell is not None:
            tell(trial, trials)
        found.append(_Trial(fitting, cell, trial).least(least))
    return Compaction(
        tuple(found), len(cell) if original is None else original, least, limit, len(fitting.snapshot.pods)
    )


def _bound(demand: NDArray[np.int64], capacity: NDArray[np.int64], resources: Sequence[str]) -> tuple[int, str]:
    """Return how few machines of a cell (N, R), cloned whole, have the capacity demanded (R,), and what limits them.

    Whole cells first, as the search takes them; then the largest machines, for each resource.
    """
    if not len(resources):
        return 1, ""
    total = capacity.sum(axis=0)
    whole = np.maximum(-(-demand // np.maximum(total, 1)) - 1, 0)
    largest = np.cumsum(-np.sort(-capacity, axis=0), axis=0)  # (N, R)
    rest = demand - whole * total
    needed = whole * len(capacity) + (largest < rest).sum(axis=0) + (rest > 0)
    row = int(np.argmax(needed))
    return max(int(needed[row]), 1), resources[row]


class _Trial:
    """One trial: a random order of the machines and of the pods."""

    def __init__(self, fitting: Fitting, cell: Sequence[Node], trial: int) -> None:
        self.fitting, self.cell, self.trial = fitting, cell, trial
        self.machines: list[Node] = []
        self.rows = fitting.order(trial)

    def unplaced(self, count: int) -> list[tuple[str, str]]:
        """Return who finds no node among the first ``count`` machines."""
        while len(self.machines) < count:
            copy = len(self.machines) // len(self.cell)
            order = generator(self.fitting.seed, "machines", self.trial, copy).permutation(len(self.cell))
            self.machines += [cloned(self.cell[row], copy) for row in order.tolist()]
        return self.fitting.unplaced(self.machines[:count], self.rows)

    def least(self, bound: int) -> int:
        """Return the number of machines that the trial comes to."""
        allowed = self.fitting.allowed(len(self.rows))
        low, high, before = bound - 1, max(bound, len(self.cell)), -1
        while len(left := self.unplaced(high)) > allowed:
            if len(left) == before:  # twice as many machines place nobody more
                raise SchedlabError(f"pod {left[0][0]!r} fits on none of {high} nodes: {left[0][1]}")
            low, high, before = high, 2 * high, len(left)
        return boundary(lambda count: len(self.unplaced(count)) <= allowed, low, high)
