"""Nominees: pods that are to get a node once its victims have left, and hold a claim on it until then."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from schedlab.cluster.classes import PodClass
    from schedlab.cluster.state import Cluster


class Guests(NamedTuple):
    """Pods as if they were bound already.

    Attributes
    ----------
    positions
        int64 (n,): the nodes that have any, in ascending order.
    classes
        Their classes, G of them.
    counts
        int64 (G, n): how many pods of a class a node has.
    """

    positions: NDArray[np.int64]
    classes: tuple[PodClass, ...]
    counts: NDArray[np.int64]


class Nominees:
    """Who is nominated for which node; only the cluster changes it."""

    def __init__(self) -> None:
        self._node: dict[int, int] = {}  # pod -> uid of the node
        self.version = 0
        self._known: tuple[tuple[int, int, int], Guests | None] | None = None

    def __len__(self) -> int:
        return len(self._node)

    def __iter__(self) -> Iterator[int]:
        return iter(self._node)

    def node(self, pod: int) -> int | None:
        """Return the uid of the node that a pod is nominated for, None if it is not."""
        return self._node.get(pod)

    def put(self, pod: int, uid: int) -> None:
        """Nominate a pod, for another node than before if it was nominated."""
        self._node[pod] = uid
        self.version += 1

    def drop(self, pod: int) -> int | None:
        """End a pod's nomination; return the uid of the node it was for, None if there was none."""
        self.version += 1
        return self._node.pop(pod, None)

    def kept(self) -> dict[int, int]:
        """Return who is nominated for which node's uid, to be given to `restore` later."""
        return dict(self._node)

    def restore(self, kept: dict[int, int]) -> set[int]:
        """Make the nominations what they were; return the uids of the nodes for which that changes anything."""
        changed = {uid for pod, uid in kept.items() ^ self._node.items()}
        if changed:
            self.version += 1
        self._node = kept
        return changed

    def guests(self, pod: int, priority: int, cluster: Cluster) -> Guests | None:
        """Return the nominees of at least this priority other than ``pod``; None if there are none."""
        if pod in self._node:
            return self._guests(pod, priority, cluster)
        key = self.version, cluster.log.epoch, priority
        if self._known is None or self._known[0] != key:
            self._known = key, self._guests(pod, priority, cluster)
        return self._known[1]

    def _guests(self, but: int, priority: int, cluster: Cluster) -> Guests | None:
        found: dict[int, dict[int, int]] = {}  # position -> class -> pods
        for pod, uid in self._node.items():
            position, index = cluster.nodes.position.get(uid), int(cluster.pods.cls[pod])
            if pod != but and position is not None and cluster.classes[index].priority >= priority:
                here = found.setdefault(position, {})
                here[index] = here.get(index, 0) + 1
        if not found:
            return None
        positions = sorted(found)
        indices = sorted({index for here in found.values() for index in here})
        counts = np.array([[found[at].get(index, 0) for at in positions] for index in indices], np.int64)
        return Guests(np.array(positions, np.int64), tuple(cluster.classes[index] for index in indices), counts)
