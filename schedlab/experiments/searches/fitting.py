"""Fitting: whether pods fit on nodes when a profile places them one by one, and what they need at least."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from schedlab.cluster.columns import amounts
from schedlab.errors import InputError
from schedlab.metrics.percentiles import rank
from schedlab.objects import pod_requests
from schedlab.objects.node import HOSTNAME
from schedlab.placement import greedy
from schedlab.scoring import Profile
from schedlab.sim.replay import cluster_of, set_up
from schedlab.streams import generator
from schedlab.workload import PodColumns, Workload
from schedlab.workload.templates import written

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from schedlab.objects import Node

    Tell = Callable[[int, int], None]  # trials done, all

TRIALS = 11  # as in Verma et al., EuroSys 2015, section 5.1


@dataclass(frozen=True)
class Fitting:
    """The pods of a snapshot, a profile that places them, and what share of them may stay without a node."""

    snapshot: Workload
    profile: Profile
    seed: int = 0
    pending: float = 0.0

    @staticmethod
    def of(snapshot: Workload, scheduler: Any, seed: int, pending: float, trials: int) -> Fitting:
        """Return it; ``scheduler`` is what `Profile.of` takes.

        Raises
        ------
        InputError
            If an option is out of its range.
        """
        if not 0 <= pending < 1:
            raise InputError(
                f"a share of {pending:g} of the pods may stay pending", mend="give a number from 0 to below 1"
            )
        if trials < 1:
            raise InputError(f"{trials} trials", mend="give at least 1")
        return Fitting(snapshot, Profile.of(scheduler), seed, pending)

    def allowed(self, pods: int) -> int:
        """Return how many of so many pods may stay without a node."""
        return int(self.pending * pods)

    def unplaced(self, nodes: Sequence[Node], rows: NDArray[np.int64]) -> list[tuple[str, str]]:
        """Place pods greedily on empty nodes; return who finds no node, and why; ``rows`` as in `batch`."""
        workload = self.batch(nodes, rows)
        set_up(self.profile, workload)
        plan = greedy(cluster_of(workload), range(len(rows)), self.profile, seed=self.seed)
        return [(workload.pods.name(pod), reason) for pod, reason in plan.unschedulable]

    def batch(self, nodes: Sequence[Node], rows: NDArray[np.int64]) -> Workload:
        """Return pods that all come at once, each on its own.

        Parameters
        ----------
        rows
            In the order in which they come, which a profile's order and priorities override; from the number of pods
            on, copies of them.
        """
        count = len(self.snapshot.pods)
        pods, row, copy = self.snapshot.pods, rows % count, rows // count
        zeros = np.zeros(len(rows), np.int64)
        names = [_copied(pods.name(r), c) for r, c in zip(row.tolist(), copy.tolist(), strict=True)]
        columns = PodColumns(
            zeros, pods.duration[row], pods.template[row], pods.dataset[row], zeros.astype(np.bool_), names
        )
        return replace(self.snapshot, nodes=tuple(nodes), pods=columns)

    def order(self, trial: int, copy: int = 0) -> NDArray[np.int64]:
        """Return the order in which the pods come in a trial, (P,) rows of a copy of the snapshot."""
        count = len(self.snapshot.pods)
        return generator(self.seed, "pods", trial, copy).permutation(count) + copy * count

    @cached_property
    def resources(self) -> list[str]:
        """What some pod asks for."""
        return sorted({name for each in self._asked for name, amount in each.items() if amount})

    @cached_property
    def requests(self) -> NDArray[np.int64]:
        """What each pod asks for, (P, R); int64."""
        table = np.array([[each.get(name, 0) for name in self.resources] for each in self._asked], np.int64)
        return table[self.snapshot.pods.template]

    @cached_property
    def _asked(self) -> list[dict[str, int]]:
        """What the templates that occur ask for; of others nothing."""
        used = set(self.snapshot.pods.template.tolist())
        templates = enumerate(self.snapshot.templates)
        return [{"pods": 1, **pod_requests(pod)} if row in used else {} for row, pod in templates]

    def capacities(self, nodes: Sequence[Node]) -> NDArray[np.int64]:
        """Return what nodes offer of these resources, (N, R); int64."""
        offered = [amounts(node.status.allocatable) for node in nodes]
        return np.array([[each.get(name, 0) for name in self.resources] for each in offered], np.int64)

    def refuse_misfits(self, nodes: Sequence[Node], none: str) -> None:
        """Refuse nodes of which none can hold some pod, even empty; the one that is farthest from fitting is named.

        ``none`` says that in words, such as "no node can".
        """
        if not nodes:
            raise InputError(f"workload {self.snapshot.name!r} has no nodes at that time", mend="give another time")
        capacity = self.capacities(nodes)
        templates, row = np.unique(self.snapshot.pods.template, return_index=True)
        lacks = np.empty(len(templates))
        for index, request in enumerate(self.requests[row]):
            need = np.divide(request, capacity, out=np.full(capacity.shape, np.inf), where=capacity > 0)
            lacks[index] = np.where(request == 0, 0.0, need).max(axis=1).min(initial=np.inf)
        out = lacks[np.searchsorted(templates, self.snapshot.pods.template)] > 1
        if np.count_nonzero(out) > self.allowed(len(out)):
            worst = int(row[np.argmax(lacks)])
            asked = dict(zip(self.resources, self.requests[worst].tolist(), strict=True))
            most = dict(zip(self.resources, capacity.max(axis=0).tolist(), strict=True))
            above = {name for name, amount in asked.items() if amount > most[name]} or {*asked} - {"pods"}
            text = ", ".join(f"{name}={written(name, asked[name])}" for name in sorted(above) if asked[name])
            mend = "give a larger node, or let a share of the pods stay pending (--pending 0.002)"
            told = f"pod {self.snapshot.pods.name(worst)!r} requests {text}, which {none} hold, even empty"
            raise InputError(told, mend=mend)

    def least_demand(self, capacity: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what of each resource the pods need at least, (R,), if as many as are allowed stay without a node.

        What no node has counts as the most that one has.
        """
        requests = np.minimum(self.requests, capacity.max(axis=0))
        allowed = self.allowed(len(requests))
        spared = np.sort(requests, axis=0)[len(requests) - allowed :].sum(axis=0)
        least: NDArray[np.int64] = requests.sum(axis=0) - spared
        return least


def _copied(name: str, copy: int) -> str:
    return f"{name}~{copy}" if copy else name


def cloned(node: Node, copy: int) -> Node:
    """Return copy number ``copy`` of a node, under a name of its own; 0 is the node itself."""
    if not copy:
        return node
    meta = node.metadata
    name = _copied(meta.name, copy)
    labels = meta.labels | ({HOSTNAME: name} if HOSTNAME in meta.labels else {})
    return msgspec.structs.replace(node, metadata=msgspec.structs.replace(meta, name=name, labels=labels))


def boundary(holds: Callable[[int], bool], low: int, high: int) -> int:
    """Return a number in (low, high] that holds while the one before does not, by bisection.

    ``low`` is taken not to hold and ``high`` to hold; where ``holds`` is not monotone there may be others.
    """
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle
    return high


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the smallest value that ``percent`` % of the values do not exceed."""
    return sorted(values)[rank(percent, len(values))]
