"""Node-pressure eviction: a node whose pods use more memory than it has pushes some out."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from schedlab.cluster import ClusterView, Eviction, Plan
from schedlab.sim.events import PRESSURE, USAGE, Event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


class MemoryEviction:
    """Evicts pods, one by one, while a node's memory usage exceeds its allocatable.

    The kubelet enforces allocatable over all pods ("Reserve Compute Resources": it evicts pods whenever overall
    usage across pods exceeds allocatable). Thresholds and grace periods are not modelled here.
    """

    phase: ClassVar[int] = USAGE
    kinds: ClassVar[frozenset[str]] = frozenset({PRESSURE})

    def handle(self, now: int, batch: list[Event], view: ClusterView) -> Iterator[Plan]:
        """Relieve each node under pressure."""
        for uid in dict.fromkeys(event.subject for event in batch):
            position, nodes = view.position(uid), view.nodes("node")
            if position is None:
                continue
            usage, allocatable = nodes.usage["memory"], nodes.allocatable["memory"]
            for pod in rank(view, view.pods_on(position)).tolist():
                if usage[position] <= allocatable[position]:
                    break
                if view.pods.usage_memory[pod]:
                    yield Plan(((Eviction(pod, int(view.pods.attempt[pod]), "Evicted"),),))


def rank(view: ClusterView, pods: NDArray[np.int64]) -> NDArray[np.int64]:
    """Order a node's pods for eviction, first to go first.

    Kubernetes, "Pod selection for kubelet eviction": pods that use more than they request first; then by
    priority, lowest first; then by usage above request, highest first. Equals go by age, youngest first.
    """
    requests = np.array([view.pod_class(pod).requests.get("memory", 0) for pod in pods.tolist()], float)
    priority = np.array([view.pod_class(pod).priority for pod in pods.tolist()])
    above = view.pods.usage_memory[pods] - requests
    return pods[np.lexsort((-np.arange(len(pods)), -above, priority, above <= 0))]
