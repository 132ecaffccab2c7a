"""EASY: only the first unit that waits has a reservation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import msgspec
import numpy as np

from schedlab.plugins.api import backfill
from schedlab.plugins.backfill.availability import NEVER, Availability, Demand, Floats, members, place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from schedlab.cluster import ClusterView
    from schedlab.plugins.backfill.contract import Fits, Unit

DEPTH = Annotated[int, msgspec.Meta(ge=1, description="waiting units that a pass looks at")]


@dataclass(frozen=True)
class EASY:
    """Start later units at once if the first that waits can still start at its shadow time.

    The shadow time is when the first unit will fit, if running pods end when their walltimes are over (Lifka, JSSPP
    1995; Mu'alem and Feitelson, TPDS 2001, section 2). A later unit may start if it ends by then, or leaves enough for
    the first one then. Where the first never fits, or nobody can tell when, the next that waits has the reservation.
    With a depth of 1 it is first come first served.
    """

    depth: DEPTH = 1000

    @backfill(name="easy")
    def reservations(self, view: ClusterView, fits: Fits) -> Shadow:
        """Return the policy at work."""
        return Shadow(view, fits, self.depth)


@dataclass
class Head:
    """The unit with the reservation: what it will take of each node at its shadow time, and what is free then."""

    unit: Unit
    demands: tuple[Demand, ...]
    shadow: int
    taken: Floats  # (R, N)
    free: Floats  # (R, N), before it starts, with all who have started by then and not ended
    last: Floats  # (N,) members that nodes take now: the reservation had better be where others cannot start


class Shadow:
    """One reservation, made anew in each pass: nothing is carried over."""

    def __init__(self, view: ClusterView, fits: Fits, depth: int) -> None:
        self._view, self._depth = view, depth
        self._availability = Availability(view, fits)
        self.begin()

    def begin(self) -> None:
        """Begin a pass."""
        self.head: Head | None = None
        self._waiting = 0

    @property
    def done(self) -> bool:
        """Whether as many units wait as a pass looks at; those that never fit do not count."""
        return self._waiting >= self._depth

    def _free_of(self, unit: Unit) -> Head | None:
        """Return the head if a unit that starts now may be in its way."""
        head = self.head
        if head is None or 0 <= unit.walltime <= head.shadow - self._view.now:
            return None
        return head

    def allows(self, unit: Unit, nodes: Sequence[int]) -> str | None:
        """Allow what ends by the shadow time, and what leaves room for the head then."""
        head = self._free_of(unit)
        if head is None:
            return None
        free = head.free - self._availability.taken(unit, nodes)
        taken = head.taken if (head.taken <= np.maximum(free, 0)).all() else place(free, head.demands, head.last)
        if taken is None:
            name, seconds = self._view.pods.name(head.unit.pods[0]), head.shadow / 1e6
            return f"starting now it would delay {name}, which can start at {seconds:g} s"
        head.free, head.taken = free, taken
        return None

    def room(self, unit: Unit, nodes: Sequence[int]) -> NDArray[np.bool_] | None:
        """Return the nodes that can take the next pod beside the head."""
        head = self._free_of(unit)
        if head is None:
            return None
        return self._availability.takes(unit, nodes, head.free - head.taken)

    def waits(self, unit: Unit) -> str | None:
        """Make the reservation, if it is still to be made and can be."""
        problem = self._availability.problem(unit)
        if problem is not None:
            return problem
        self._waiting += 1
        if self.head is None:
            self.head = self._reserved(unit, self._availability.demands(unit))
        return None

    def _reserved(self, unit: Unit, demands: tuple[Demand, ...]) -> Head | None:
        """Return the unit as head; None where no known end makes room for it.

        Something makes it wait now, so the first instant that may differ is that of the next end.
        """
        releases, now = self._availability.releases(), self._availability.free()
        known = int(releases.ends.searchsorted(NEVER))
        times, firsts = np.unique(releases.ends[:known], return_index=True)
        counts = np.append(firsts[1:], known)  # of pods that are over at each of the times
        last = np.sum([members(now, demand) for demand in demands], axis=0)

        def at(index: int) -> tuple[Floats, Floats | None]:
            count = counts[index]
            nodes, requests = releases.nodes[:count], releases.requests[:count]
            freed = [np.bincount(nodes, requests[:, row], now.shape[1]) for row in range(len(now))]
            free = now + np.array(freed)
            return free, place(free, demands, last)

        low, high = 0, len(times) - 1
        if high < 0:
            return None
        free, taken = at(high)
        while taken is not None and low < high:
            middle = (low + high) // 2
            there = at(middle)
            if there[1] is None:
                low = middle + 1
            else:
                high, (free, taken) = middle, there
        return None if taken is None else Head(unit, demands, int(times[high]), taken, free, last)
