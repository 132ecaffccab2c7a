"""Hosting: some nodes as they would be with the pods that are nominated for them; nothing is bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from schedlab.cluster.devices import asked, tightest
from schedlab.cluster.node_views import StaticNodes, Subset, frozen
from schedlab.cluster.rows import Rows
from schedlab.objects.selectors import LabelSelector

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import NDArray

    from schedlab.cluster.derived.kept import Column
    from schedlab.cluster.nominees import Guests

VECTOR_OF = {"used": "requests", "limits": "limits", "used_nonzero": "nonzero"}  # column -> what a pod adds to it


class Hosting(Subset):
    """The nodes that have guests, with what these would add; ``guests`` says who they are."""

    def __init__(self, nodes: StaticNodes, guests: Guests) -> None:
        super().__init__(nodes, guests.positions)
        self.guests = guests

    def __getattr__(self, name: str) -> Any:
        part = super().__getattr__(name)
        if name in VECTOR_OF:
            more = self._added(VECTOR_OF[name])
            part = Rows.of(part[:] + more, part.index) if isinstance(part, Rows) else frozen(part + more)
            setattr(self, name, part)
        if name == "devices" and len(part):
            part = frozen(self._with_devices(part.copy()))
            setattr(self, name, part)
        return part

    def for_batch(self) -> Subset:
        """Return the same nodes with (R, 1, N) columns, as `Subset.for_batch`."""
        return Subset(cast("Any", self), np.arange(len(self)), batch=True)

    def _with_devices(self, held: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the guests devices; which ones a plug-in would choose is not known before they are bound."""
        for cls, counts in zip(self.guests.classes, self.guests.counts, strict=True):
            share = asked(cls.requests, self.pools)
            for at in np.flatnonzero(counts).tolist() if share.devices else ():
                for _ in range(counts[at]):
                    for device, milli in tightest((self.pool[:, at] - held[:, at]).tolist(), share):
                        held[device, at] += milli
        return held

    def _added(self, vector: str) -> NDArray[np.float64]:
        index = self._nodes.allocatable.index
        each = np.stack([getattr(cls.vectors(index), vector).reshape(-1) for cls in self.guests.classes], axis=1)
        added: NDArray[np.float64] = (each[:, :, None] * self.guests.counts).sum(axis=1)
        return added

    def derived(self, column: Column, *parameters: Hashable) -> NDArray[Any]:
        """Return a derived column of these nodes, computed for the occasion."""
        return cast("NDArray[Any]", frozen(column.compute(self, parameters)))

    def holding(self, mark: Hashable) -> NDArray[np.int64]:
        """Return how many pods of these nodes hold something, guests included."""
        held = np.array([cls.marks.count(mark) for cls in self.guests.classes], np.int64)
        more: NDArray[np.int64] = super().holding(mark) + held @ self.guests.counts
        return more

    def count(self, selector: LabelSelector | Mapping[str, str]) -> NDArray[np.int64]:
        """Return how many pods of these nodes match, guests included."""
        if not isinstance(selector, LabelSelector):
            selector = LabelSelector(match_labels=dict(selector))
        met = np.array([selector.matches(cls.pod.metadata.labels) for cls in self.guests.classes], np.int64)
        more: NDArray[np.int64] = super().count(selector) + met @ self.guests.counts
        return more
