"""Availability: what nodes have free, when running pods are expected to end, and how many members a node takes.

Reservations are made for requests, and for nodes that pass the static filters. What other filters look at (single
devices, ports, other pods) is not foreseen: a reservation says when there will be room by requests.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schedlab.cluster import ClusterView
    from schedlab.plugins.backfill.contract import Fits, Unit

Floats = NDArray[np.float64]
NEVER = 2**63 - 1
OVERDUE = 1  # microseconds: a pod that should be over is expected to end in the next instant, as batch systems have it


class Demand(NamedTuple):
    """Members of one pod class that are to start together."""

    cls: int
    need: int
    requests: Floats  # (R, 1), pods = 1
    asked: NDArray[np.intp]  # (K,) rows of the resources that are asked for
    eligible: NDArray[np.bool_]  # (N,) nodes that pass the static filters


class Releases(NamedTuple):
    """Bound pods by the time they are expected to end, (B,) each; NEVER is the end of those without a walltime."""

    pods: NDArray[np.int64]
    ends: NDArray[np.int64]  # sorted, microseconds
    nodes: NDArray[np.int32]
    requests: Floats  # (B, R)


def members(free: Floats, demand: Demand) -> Floats:
    """Return how many members each node takes, float64 (..., N), of what is free, (R, ..., N); at least 0.

    The quotient of integers up to 2^46 is floored exactly, and the least of floors is the floor of the least.
    """
    first, *others = demand.asked.tolist()
    counts: Floats = free[first] / demand.requests[first, 0]
    for row in others:
        np.minimum(counts, free[row] / demand.requests[row, 0], out=counts)
    np.floor(counts, out=counts)
    np.maximum(counts, 0, out=counts)
    if not demand.eligible.all():
        counts *= demand.eligible
    return counts


def place(free: Floats, demands: Sequence[Demand], last: Floats | None = None) -> Floats | None:
    """Return what the members of a unit take of each node, float64 (R, N); None if they do not fit.

    One class after the other, each on the nodes that take fewest of it first. Nodes with a high ``last`` (N,) come
    last. One class is placed whenever that is possible, several may be missed.
    """
    taken = np.zeros_like(free)
    for demand in demands:
        counts = members(free - taken, demand)
        if counts.sum() < demand.need:
            return None
        order = np.lexsort((counts, last)) if last is not None else counts.argsort(kind="stable")
        sizes = counts[order]
        share = np.zeros_like(counts)
        share[order] = np.clip(demand.need - (sizes.cumsum() - sizes), 0, sizes)
        taken += demand.requests * share
    return taken


class Availability:
    """What a cluster has free, now and later, as far as walltimes tell, and what units need of it."""

    def __init__(self, view: ClusterView, fits: Fits) -> None:
        self._view, self._fits = view, fits
        self._standing = -1, -1
        self._rows = np.zeros(0, np.intp)  # of the resources that some node has: R is their number here
        self._requests: dict[int, Floats] = {}  # (R,), by pod class
        self._demands: dict[tuple[int, ...], tuple[Demand, ...]] = {}
        self._problems: dict[tuple[int, ...], str | None] = {}

    def _refresh(self) -> None:
        """Drop what was known of other nodes."""
        standing = self._view.log.epoch, self._view.log.specs
        if self._standing != standing:
            self._standing = standing
            self._rows = np.flatnonzero(np.asarray(self._view.nodes("static").allocatable).any(axis=1))
            for known in (self._requests, self._demands, self._problems):
                known.clear()

    def capacity(self) -> Floats:
        """Return what nodes have when empty, float64 (R, N)."""
        self._refresh()
        capacity: Floats = np.asarray(self._view.nodes("static").allocatable)[self._rows]
        return capacity

    def free(self) -> Floats:
        """Return what nodes have free now, float64 (R, N); negative where they are overcommitted."""
        free: Floats = self.capacity() - np.asarray(self._view.nodes("node").used)[self._rows]
        return free

    def releases(self) -> Releases:
        """Return the bound pods by expected end: start + walltime, a pod that has not started yet starting now.

        One that is overdue, or is being deleted, is expected to end `OVERDUE` from now.
        """
        pods, now = self._view.pods, self._view.now
        rows = pods.bound()
        starts, walltimes = pods.start[rows], pods.walltime[rows]
        ends = np.where(starts < 0, now, starts) + walltimes
        ends[walltimes < 0] = NEVER
        ends[pods.terminating[rows]] = now
        np.maximum(ends, now + OVERDUE, out=ends)
        order = ends.argsort(kind="stable")
        rows = rows[order]
        classes, codes = np.unique(pods.cls[rows], return_inverse=True)
        requests = np.array([self.requests(cls) for cls in classes.tolist()]).reshape(-1, len(self.capacity()))
        return Releases(rows, ends[order], pods.node[rows], requests[codes])

    def requests(self, cls: int) -> Floats:
        """Return what a pod of a class requests, float64 (R,)."""
        self._refresh()
        if cls not in self._requests:
            self._requests[cls] = np.asarray(self._view.class_view(cls).requests)[self._rows, 0]
        return self._requests[cls]

    def demands(self, unit: Unit) -> tuple[Demand, ...]:
        """Return what a unit needs to start, by class; those that few nodes take come first and are placed first."""
        self._refresh()
        classes = unit.classes[: unit.least]
        if classes not in self._demands:
            found = []
            for cls, count in Counter(classes).items():
                requests, eligible = self.requests(cls), self._fits(cls)
                if requests.sum() < np.asarray(self._view.class_view(cls).requests).sum():  # of what no node has
                    eligible = np.zeros_like(eligible)
                found.append(Demand(cls, count, requests[:, None], np.flatnonzero(requests), eligible))
            self._demands[classes] = tuple(sorted(found, key=lambda each: np.count_nonzero(each.eligible)))
        return self._demands[classes]

    def problem(self, unit: Unit) -> str | None:
        """Say that a unit does not even fit in the empty cluster; None: it does."""
        self._refresh()
        classes = unit.classes[: unit.least]
        if classes not in self._problems:
            self._problems[classes] = _problem(self.demands(unit), self.capacity())
        return self._problems[classes]

    def taken(self, unit: Unit, nodes: Sequence[int]) -> Floats:
        """Return what the first pods of a unit take of these nodes, float64 (R, N); -1 is none."""
        taken = np.zeros_like(self.capacity())
        classes, where = np.array(unit.classes[: len(nodes)]), np.array(nodes, np.intp)
        for cls in set(unit.classes[: len(nodes)]):
            share = np.bincount(where[(classes == cls) & (where >= 0)], minlength=taken.shape[1])
            taken += self.requests(cls)[:, None] * share
        return taken

    def takes(self, unit: Unit, nodes: Sequence[int], room: Floats) -> NDArray[np.bool_]:
        """Return the nodes that have room (R, N) for the next pod of a unit when those before it go to ``nodes``."""
        requests = self.requests(unit.classes[len(nodes)])[:, None]
        found: NDArray[np.bool_] = ((requests <= room - self.taken(unit, nodes)) | (requests == 0)).all(axis=0)
        return found


def _problem(demands: Sequence[Demand], capacity: Floats) -> str | None:
    if place(capacity, demands) is not None:
        return None
    pods = sum(demand.need for demand in demands)
    if pods == 1:
        return "it fits on no node, even empty"
    if len(demands) > 1:
        return f"its {pods} pods do not fit together, even in the empty cluster"
    return f"it needs {pods} pods at once, and the empty cluster takes {members(capacity, demands[0]).sum():.0f}"
