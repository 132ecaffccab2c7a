"""Thinned: some nodes as they would be without some of their pods; nothing is evicted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from schedlab.cluster.devices import Share, marks_of
from schedlab.cluster.node_views import Subset, frozen
from schedlab.cluster.nominees import Guests
from schedlab.cluster.rows import Floats, Rows
from schedlab.objects.selectors import LabelSelector

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from numpy.typing import NDArray

    from schedlab.cluster.classes import PodClass
    from schedlab.cluster.derived.kept import Column
    from schedlab.cluster.node_views import LocalNodes
    from schedlab.cluster.state import Cluster


class Thinned(Subset):
    """Nodes as filters of scope node or cluster see them, less the pods that are gone.

    The latter see these as ``guests`` with counts below 0, one class for all pods that are alike to other pods' rules.

    Parameters
    ----------
    positions
        int64 (n,).
    pods
        (S, n): rows of some of each node's pods; any number where there is none.
    gone
        bool (S, n): which of them are gone. It is changed by `put_back` and `take_off`, and so are the columns.
    """

    _nodes: LocalNodes

    def __init__(
        self,
        cluster: Cluster,
        nodes: LocalNodes,
        positions: NDArray[np.int64],
        pods: NDArray[np.int32],
        gone: NDArray[np.bool_],
    ) -> None:
        super().__init__(nodes, positions)
        self._world = cluster
        self._pods, self._gone, self._lower = pods, gone, gone.copy()
        self._classes = np.where(pods >= 0, self._world.pods.cls[pods], 0)
        self._sums: dict[str, Floats] = {}  # columns that were asked for, writable
        self._held: NDArray[np.float64] | None = None  # (S, D, n)
        self._guests: Guests | None = None
        self._alike = np.zeros(pods.shape, np.int64)  # each pod's place among the guests' classes

    def put_back(self, slot: int, where: NDArray[np.bool_]) -> None:
        """Let the pods of a slot that are gone be there again, on some nodes."""
        self._gone[slot] &= ~where
        self._count(slot, where, 1)
        for name, sums in self._sums.items():
            sums += self._of(name, slot) * where

    def take_off(self, slot: int, where: NDArray[np.bool_]) -> None:
        """Let the pods of a slot be gone, on some nodes."""
        self._gone[slot] |= where
        self._count(slot, where, -1)
        for name, sums in self._sums.items():
            sums -= self._of(name, slot) * where

    def _count(self, slot: int, where: NDArray[np.bool_], by: int) -> None:
        if self._guests is not None:
            at = np.flatnonzero(where)
            self._guests.counts[self._alike[slot, at], at] += by

    @property
    def guests(self) -> Guests | None:
        """The pods that are gone, in counts below 0."""
        if self._guests is None:
            classes, of = np.unique(self._classes, return_inverse=True)
            kinds: dict[int, PodClass] = {}  # of each kind any class
            place = []
            for index in classes.tolist():
                cls = self._world.classes[index]
                kinds.setdefault(cls.kind, cls)
                place.append(list(kinds).index(cls.kind))
            self._alike = np.array(place, np.int64)[of].reshape(self._classes.shape)
            counts = np.zeros((len(kinds), len(self)), np.int64)
            self._guests = Guests(self._positions, tuple(kinds.values()), counts)
            for slot, where in enumerate(self._gone):
                self._count(slot, where, -1)
        return self._guests

    def only(self, where: NDArray[np.intp]) -> Thinned:
        """Return some of these nodes, by their places here."""
        pods, gone = self._pods[:, where], self._gone[:, where]
        return Thinned(self._world, self._nodes, self._positions[where], pods, gone)

    def for_batch(self) -> Subset:
        """Return the same nodes with (R, 1, N) columns, as `Subset.for_batch`."""
        return Subset(cast("Any", self), np.arange(len(self)), batch=True)

    def __getattr__(self, name: str) -> Any:
        whole = super().__getattr__(name)
        if name not in ("used", "limits", "used_nonzero", "usage", "devices") or not len(whole):
            return whole
        sums = self._sums[name] = np.array(whole)
        for slot in range(len(self._gone)):
            if self._gone[slot].any():
                sums -= self._of(name, slot) * self._gone[slot]
        part = Rows.of(sums, whole.index) if isinstance(whole, Rows) else frozen(sums)
        setattr(self, name, part)
        return part

    def _of(self, name: str, slot: int) -> Any:
        """Return what the pods of a slot add to a column, gone or not."""
        world, count = self._world, len(self.allocatable)
        if name == "devices":
            return self._devices()[slot]
        if name == "usage":
            usage = np.zeros((count, len(self)))
            usage[0], usage[1] = world.pods.usage_cpu[self._pods[slot]], world.pods.usage_memory[self._pods[slot]]
            return usage
        first, last = {"used": (0, count), "used_nonzero": (count, count + 2), "limits": (count + 2, None)}[name]
        return world.classes.sums(world.nodes.resources)[first:last].take(self._classes[slot], axis=1)

    def _devices(self) -> NDArray[np.float64]:
        if self._held is None:
            slots, width = self._pods.shape
            self._held = np.zeros((slots, len(self._nodes.devices), width))
            for slot, at in np.argwhere(self._lower).tolist():
                for device, milli in self._world.devices.of(int(self._pods[slot, at])):
                    self._held[slot, device, at] = milli
        return self._held

    def derived(self, column: Column, *parameters: Hashable) -> NDArray[Any]:
        """Return a derived column of these nodes, computed for the occasion."""
        return cast("NDArray[Any]", frozen(column.compute(self, parameters)))

    def count(self, selector: LabelSelector | Mapping[str, str]) -> NDArray[np.int64]:
        """Return how many pods of these nodes match, less those that are gone."""
        if not isinstance(selector, LabelSelector):
            selector = LabelSelector(match_labels=dict(selector))
        met = self._by_class(lambda cls: selector.matches(cls.pod.metadata.labels))
        less: NDArray[np.int64] = super().count(selector) - (met * self._gone).sum(axis=0)
        return less

    def _by_class(self, tell: Callable[[PodClass], int]) -> NDArray[np.int64]:
        """Return int64 (S, n), what can be told of the class of each pod."""
        classes, of = np.unique(self._classes, return_inverse=True)
        told = np.array([tell(self._world.classes[each]) for each in classes.tolist()], np.int64)
        return told[of].reshape(self._classes.shape)

    def holding(self, mark: Hashable) -> NDArray[np.int64]:
        """Return how many pods of these nodes hold something, less those that are gone."""
        if mark == "devices" or (isinstance(mark, tuple) and mark[0] == "devices"):
            held = np.zeros(self._gone.shape, np.int64)
            for slot, at in np.argwhere(self._gone).tolist():
                devices = self._world.devices.of(int(self._pods[slot, at]))
                held[slot, at] = bool(devices) and mark in marks_of(Share(len(devices), devices[0][1]))
        else:
            held = self._by_class(lambda cls: cls.marks.count(mark))
        less: NDArray[np.int64] = super().holding(mark) - (held * self._gone).sum(axis=0)
        return less
