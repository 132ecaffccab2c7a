"""Victims: the pods of each node from most to least important, kept as pods come, go and start."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from schedlab.cluster.log import STARTED, USED
from schedlab.cluster.pods import NOT_STARTED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.cluster import ClusterView
    from schedlab.cluster.log import Cursor

LATEST = np.iinfo(np.int64).max
NOBODY = -1


class Lower(NamedTuple):
    """The pods of some nodes that are of lower priority than another, most important first.

    Attributes
    ----------
    pods
        int32 (S, n), rows; `NOBODY` fills up.
    there
        bool (S, n): where there is such a pod.
    """

    pods: NDArray[np.int32]
    there: NDArray[np.bool_]


def importance(view: ClusterView, pods: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return two keys of some pods, the most important smallest: priority, then when they began to run.

    Pods of which it is not known when they began count as begun just now (kube-scheduler's MoreImportantPod).
    """
    start = view.pods.start[pods]
    return -view.priorities[view.pods.cls[pods]], np.where(start == NOT_STARTED, LATEST, start)


class Victims:
    """Rows of pods, int32 (S, N), padded; made at the first question and brought up to date for nodes that changed.

    Equals stand in the order in which they were bound.
    """

    def __init__(self, view: ClusterView) -> None:
        self._view = view
        self._pods = np.zeros((0, 0), np.int32)
        self._cursor: Cursor | None = None

    def below(self, priority: int, positions: NDArray[np.int64]) -> Lower:
        """Return the pods of some nodes that are of lower priority."""
        self._refresh()
        pods = self._pods.take(positions, axis=1)
        there = (pods != NOBODY) & (self._view.priorities[self._view.pods.cls[pods]] < priority)
        slots = there.any(axis=1)
        return Lower(pods[slots], there[slots])

    def _refresh(self) -> None:
        view, log = self._view, self._view.log
        count = len(view.nodes("static"))
        touched = None if self._cursor is None else log.since(self._cursor, USED | STARTED)
        self._cursor = log.cursor()
        if touched is None or 4 * len(touched) > count:
            self._rebuild(count)
        elif touched:
            self._renew(sorted(touched))

    def _renew(self, positions: list[int]) -> None:
        for position in positions:
            pods = self._view.pods_on(position)
            if len(pods) > len(self._pods):
                more = np.full((len(pods) - len(self._pods), self._pods.shape[1]), NOBODY, np.int32)
                self._pods = np.concatenate([self._pods, more])
            priority, start = importance(self._view, pods)
            self._pods[: len(pods), position] = pods[np.lexsort((start, priority))]
            self._pods[len(pods) :, position] = NOBODY

    def _rebuild(self, count: int) -> None:
        on = [self._view.pods_on(position) for position in range(count)]
        sizes = np.array([len(pods) for pods in on], np.int64)
        pods = np.concatenate([*on, np.zeros(0, np.int64)])
        node = np.repeat(np.arange(count), sizes)
        priority, start = importance(self._view, pods)
        order = np.lexsort((start, priority, node))
        self._pods = np.full((int(sizes.max(initial=0)), count), NOBODY, np.int32)
        slot = np.arange(len(pods)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        self._pods[slot, node] = pods[order]
