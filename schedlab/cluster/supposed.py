"""Supposed: what was done to a cluster in a hypothesis, with all that undoing it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from schedlab.cluster.plan import Binding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from schedlab.cluster.devices import Holding
    from schedlab.cluster.plan import Action
    from schedlab.cluster.state import Cluster

USES = ("usage_cpu", "usage_memory")
STATE = ("terminating", "preempted", "start", "attempt", "phase", *USES)  # columns of a pod that its eviction changes


class Before(NamedTuple):
    """A bound pod before it was evicted, and its node; what sums of floats cannot give back is kept whole."""

    pod: int
    position: int
    order: tuple[int, ...]  # the node's pods, in binding order
    devices: Holding
    state: dict[str, float]
    usage: NDArray[np.float64]  # of the node
    averages: dict[int, tuple[NDArray[np.float64], int]]  # of the node, by half-life


class Supposed:
    """The bindings and evictions of a hypothesis.

    Attributes
    ----------
    done
        In order: a pod that was bound, or one that was evicted as it was before.
    last_bound, nominees
        What they were at the beginning.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.done: list[int | Before] = []
        self.last_bound, self.nominees = cluster.last_bound, cluster.nominees.kept()
        self._evicted: dict[int, Before] = {}

    def evicts(self, pod: int, cluster: Cluster) -> None:
        """Note an eviction to come."""
        position = int(cluster.pods.node[pod])
        uid = int(cluster.nodes.uid[position])
        before = self._evicted[pod] = Before(
            pod,
            position,
            tuple(cluster.pods_on(position).tolist()),
            cluster.devices.of(pod),
            {name: getattr(cluster.pods, name)[pod].item() for name in STATE},
            cluster.nodes.usage[:, position].copy(),
            {half_life: average.kept(uid) for half_life, average in cluster.averages.items()},
        )
        self.done.append(before)

    def uses(self, pod: int, position: int) -> tuple[float, float]:
        """Return the cpu and memory that a pod used on a node before it was evicted there; zeros if it was not."""
        before = self._evicted.get(pod)
        cpu, memory = (before.state[name] for name in USES) if before and before.position == position else (0.0, 0.0)
        return cpu, memory

    def undoes_itself(self, group: tuple[Action, ...], cluster: Cluster) -> bool:
        """Whether a group brings back, each to its node, pods that were evicted."""
        for action in group:
            before = self._evicted.get(action.pod)
            if before is None or not isinstance(action, Binding):
                return False
            if cluster.nodes.uid[before.position] != action.node:
                return False
        return True
