"""Gangs: pods of one job that start together or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.cluster.pods import NOWHERE, SUCCEEDED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from schedlab.cluster import ClusterView


class Gangs:
    """The gangs of a workload, and who of them waits for the others to be submitted.

    Parameters
    ----------
    min_available
        (J,): how many pods of a job must have a node at the same time, as ``minMember`` of a PodGroup in Kubernetes'
        scheduler-plugins and Volcano.
    names
        Of the jobs.
    wait
        Microseconds after which a gang that has no node is given up; None: never.
    """

    def __init__(self, min_available: NDArray[np.int32], names: Sequence[str], wait: int | None = None) -> None:
        self.names, self.wait = names, wait
        self.assembling: dict[int, list[int]] = {}  # gang -> its pods submitted so far, fewer than are needed
        self._min_available = min_available
        self._rows: dict[int, NDArray[np.int64]] = {}
        self._version = -1

    @property
    def least(self) -> dict[int, int]:
        """How many pods of each gang must have a node at the same time."""
        return dict(enumerate(self._min_available.tolist()))

    def need(self, gang: int, view: ClusterView) -> int:
        """Return how many more of a gang must start together: those that have a node or are done count already."""
        pods = view.pods
        if self._version != pods.version:
            order = np.argsort(pods.gang, kind="stable")
            gangs, first = np.unique(pods.gang[order], return_index=True)
            self._rows = dict(zip(gangs.tolist(), np.split(order, first[1:]), strict=True))
            self._version = pods.version
        rows = self._rows[gang]
        there = (pods.node[rows] != NOWHERE) | (pods.phase[rows] == SUCCEEDED)
        return int(self._min_available[gang]) - int(there.sum())

    def admit(self, pod: int, gang: int, view: ClusterView) -> list[int]:
        """Take a pod that was submitted; return all that wait if they are enough now, else none."""
        waiting = self.assembling.setdefault(gang, [])
        waiting.append(pod)
        if len(waiting) < self.need(gang, view):
            return []
        return self.assembling.pop(gang)
