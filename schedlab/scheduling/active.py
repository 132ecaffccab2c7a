"""The active queue: who is to be tried now, in order, perhaps by lanes."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any, NamedTuple

from schedlab.scheduling.group import Cohort

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

Entry = tuple[Any, int, int, Cohort]  # -priority or key, time, number in line


class Lanes(NamedTuple):
    """Pods of a lane go by their own order; whose turn it is is asked each time.

    Attributes
    ----------
    of
        The lane of a pod.
    key
        ``key(lane, pod, other)``: the lane's key now, smallest first; ``pod`` is its first, ``other`` a key that it is
        to sort with, or None.
    """

    of: Callable[[int], Hashable]
    key: Callable[[Hashable, int, Any], Any]


class Active:
    """A heap of cohorts for each lane; without lanes there is one. An entry is stale unless its cohort has it."""

    def __init__(self, lanes: Lanes | None = None) -> None:
        self._lanes = lanes
        self._heaps: dict[Hashable, list[Entry]] = {}
        self._only = self._heaps.setdefault(None, []) if lanes is None else None

    def push(self, entry: Entry) -> None:
        """Add a cohort at its place."""
        heap = self._only
        if heap is None:
            assert self._lanes is not None
            heap = self._heaps.setdefault(self._lanes.of(entry[-1].first.pod), [])
        heapq.heappush(heap, entry)

    def pop(self) -> Cohort | None:
        """Remove and return the first cohort; None if there is none."""
        heap = self._only if self._lanes is None else self._turn(self._lanes)
        while heap:
            entry = heapq.heappop(heap)
            cohort = entry[-1]
            if cohort.entry is entry:
                return cohort
        return None

    def _turn(self, lanes: Lanes) -> list[Entry] | None:
        """Return the heap of the lane whose turn it is; of equal lanes, that whose first goes before the others'."""
        best: tuple[Any, Entry] | None = None
        for lane, heap in list(self._heaps.items()):
            while heap and heap[0][-1].entry is not heap[0]:
                heapq.heappop(heap)
            if not heap:
                del self._heaps[lane]
                continue
            key = lanes.key(lane, heap[0][-1].first.pod, None if best is None else best[0])
            if best is None or (key, heap[0]) < best:
                best, chosen = (key, heap[0]), heap
        return None if best is None else chosen
