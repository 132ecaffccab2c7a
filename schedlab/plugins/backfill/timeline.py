"""Timeline: what nodes have free from each instant on at which that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schedlab.plugins.backfill.availability import NEVER, Demand, Floats, Releases, members, place

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

SPARE = 64  # rows
PROBES = 6  # parts of a window at whose borders is looked first


def end_of(start: int, span: int) -> int:
    """Return when something that takes so long, -1 for ever, is over."""
    return NEVER if span < 0 else start + span


class Reservation(NamedTuple):
    """What is kept of some nodes, by position (K,), from a time to another: float64 (R, K)."""

    start: int
    end: int
    nodes: NDArray[np.intp]
    amounts: Floats

    @staticmethod
    def of(start: int, end: int, taken: Floats) -> Reservation:
        """Return the reservation of what is taken of all nodes, (R, N)."""
        nodes = np.flatnonzero(taken.any(axis=0))
        return Reservation(start, end, nodes, taken[:, nodes])

    def within(self, other: Reservation) -> bool:
        """Return whether the other, begun no earlier, holds all of this."""
        same = self.start <= other.start and self.end <= other.end and np.array_equal(self.nodes, other.nodes)
        return same and bool((self.amounts <= other.amounts).all())


class Timeline:
    """Free requests of each node over time, a step function: float64 (R, T, N), row i from ``times[i]`` on.

    Where a question is asked ``without`` a reservation that was taken, the answer is that if it were given back.

    Parameters
    ----------
    now, free
        When it begins, and what is free then, (R, N).
    releases
        What becomes free later. Where a node is overcommitted, nothing of that resource is free.
    held
        What is reserved.
    """

    def __init__(self, now: int, free: Floats, releases: Releases, held: Collection[Reservation] = ()) -> None:
        known = int(releases.ends.searchsorted(NEVER))
        ends = releases.ends[:known]
        times = np.unique(np.array([now, *ends.tolist(), *(time for each in held for time in each[:2])], np.int64))
        times = times[(times >= now) & (times < NEVER)]
        self._size, (rows, count) = len(times), free.shape
        self._times = np.full(self._size + SPARE, NEVER)
        self._times[: self._size] = times
        self._free = np.empty((rows, self._size + SPARE, count))
        changes = _changes(times, free, (ends, releases.nodes[:known], releases.requests[:known]))
        filled = self._free[:, : self._size]
        if (free < 0).any():
            np.maximum(changes.cumsum(axis=1), 0, out=filled)
            changes = np.diff(filled, axis=1, prepend=0)
        if held:
            changes += _changes(times, np.zeros_like(free), *_reserved(times, held))
        np.cumsum(changes, axis=1, out=filled)
        self._counts: dict[int, tuple[Floats, Floats]] = {}  # by pod class, until something changes

    @property
    def now(self) -> int:
        """When it begins."""
        return int(self._times[0])

    def take(self, held: Reservation) -> None:
        """Take what is reserved out of what is free."""
        self._change(held, -1)

    def give_back(self, held: Reservation) -> None:
        """Make what was reserved free again."""
        self._change(held, 1)

    def _change(self, held: Reservation, sign: int) -> None:
        rows = slice(self._cut(max(held.start, self.now)), self._cut(held.end))
        self._free[:, rows, held.nodes] += sign * held.amounts[:, None, :]
        self._counts.clear()

    def _cut(self, time: int) -> int:
        """Return the row that begins at a time, a new one if there is none; NEVER is past the last."""
        at, size = int(self._times[: self._size].searchsorted(time)), self._size
        if time == NEVER or (at < size and self._times[at] == time):
            return at
        if size == len(self._times):
            self._times = np.concatenate([self._times, np.full_like(self._times, NEVER)])
            self._free = np.concatenate([self._free, np.empty_like(self._free)], axis=1)
        self._times[at + 1 : size + 1] = self._times[at:size]
        self._free[:, at + 1 : size + 1] = self._free[:, at:size]
        self._times[at], self._free[:, at] = time, self._free[:, at - 1]
        self._size += 1
        return at

    def _rows(self, start: int, end: int) -> slice:
        """Return the rows that hold at some time from ``start`` to ``end``."""
        times = self._times[: self._size]
        return slice(int(times.searchsorted(max(start, self.now), side="right")) - 1, int(times.searchsorted(end)))

    def columns(self, nodes: NDArray[np.intp], rows: slice, without: Reservation | None) -> Floats:
        """Return what is free on some nodes in some rows, a copy, float64 (R, rows, K)."""
        free: Floats = self._free[:, rows, nodes]
        if without is not None:
            theirs, first = self._rows(without.start, without.end), rows.start
            _, here, there = np.intersect1d(nodes, without.nodes, assume_unique=True, return_indices=True)
            part = slice(max(theirs.start - first, 0), max(theirs.stop - first, 0))
            free[:, part, here] += without.amounts[:, None, there]
        return free

    def overdrawn(self) -> bool:
        """Return whether more is reserved than is free."""
        return bool(self._free[:, : self._size].min() < 0)

    def has(self, wanted: Reservation, without: Reservation | None = None) -> bool:
        """Return whether so much is free."""
        free = self.columns(wanted.nodes, self._rows(wanted.start, wanted.end), without).min(axis=1)
        return bool(((wanted.amounts <= free) | (wanted.amounts == 0)).all())

    def least(self, start: int, end: int, without: Reservation | None = None) -> Floats:
        """Return what is free of each node from a time to another, float64 (R, N)."""
        rows = self._rows(start, end)
        found: Floats = self._free[:, rows].min(axis=1)
        if without is not None:
            found[:, without.nodes] = self.columns(without.nodes, rows, without).min(axis=1)
        return found

    def earliest(
        self, demands: Sequence[Demand], span: int, before: int = NEVER, without: Reservation | None = None
    ) -> tuple[int, Floats] | None:
        """Return when a unit can first start after now, to stay for a ``span``, and what it takes of each node.

        None if that is not before a given time. It can start earlier only where something becomes free.
        """
        times = self._times[: self._size]
        starts = np.arange(1, int(times.searchsorted(before)))
        ends = np.full(len(starts), self._size) if span < 0 else times.searchsorted(times[starts] + span)
        several = [Members(self, demand, without) for demand in demands]
        for each in several:
            lacking = np.flatnonzero(each.sums < each.demand.need)
            hopeful = np.append(lacking, self._size)[lacking.searchsorted(starts)] >= ends
            starts, ends = starts[hopeful], ends[hopeful]
        for each in several:
            hopeful = each.probe(starts, ends) >= each.demand.need
            starts, ends = starts[hopeful], ends[hopeful]
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            if all(each.least(start, end) >= each.demand.need for each in several):
                last = NEVER if end == self._size else int(times[end])
                taken = place(self.least(int(times[start]), last, without), demands)
                if taken is not None:
                    return int(times[start]), taken
        return None

    def counts(self, demand: Demand) -> tuple[Floats, Floats]:
        """Return how many members of a class each node takes over time, (T, N), and all nodes together, (T,)."""
        if demand.cls not in self._counts:
            counts = members(self._free[:, : self._size], demand)
            self._counts[demand.cls] = counts, counts.sum(axis=1)
        return self._counts[demand.cls]


class Members:
    """How many members of a class nodes take over time, if a reservation is given back; ``sums`` is (T,)."""

    def __init__(self, timeline: Timeline, demand: Demand, without: Reservation | None) -> None:
        self.demand, self._without = demand, without
        self._counts, self.sums = timeline.counts(demand)
        if without is not None:
            part = demand._replace(eligible=demand.eligible[without.nodes])
            self._own = members(timeline.columns(without.nodes, slice(0, len(self.sums)), without), part)
            self.sums = self.sums + (self._own - self._counts[:, without.nodes]).sum(axis=1)

    def probe(self, starts: NDArray[np.intp], ends: NDArray[np.intp]) -> Floats:
        """Return how many fit in some rows from each start to its end, (S,): no fewer than fit throughout."""
        rows = np.array([starts + (ends - 1 - starts) * part // PROBES for part in range(PROBES + 1)])
        counts = self._counts[rows].min(axis=0)
        if self._without is not None:
            counts[:, self._without.nodes] = self._own[rows].min(axis=0)
        total: Floats = counts.sum(axis=1)
        return total

    def least(self, first: int, last: int) -> float:
        """Return how many fit throughout some rows."""
        counts = self._counts[first:last].min(axis=0)
        if self._without is not None:
            counts[self._without.nodes] = self._own[first:last].min(axis=0)
        return float(counts.sum())


Changes = tuple[NDArray[np.int64], NDArray[Any], Floats]  # (B,) times and nodes, (B, R) of how much more is free


def _changes(times: NDArray[np.int64], free: Floats, *several: Changes) -> Floats:
    """Return by how much more is free at each time than before, (R, T, N), beginning with what is free at first."""
    rows, count = free.shape
    when, nodes, amounts = (np.concatenate(each) for each in zip(*several, strict=True))
    cells = (np.arange(rows) * len(times) + times.searchsorted(when)[:, None]) * count + nodes[:, None]
    found: Floats = np.bincount(cells.ravel(), amounts.ravel(), rows * len(times) * count).astype(
        np.float64, copy=False
    )
    found = found.reshape(rows, len(times), count)  # of no changes bincount makes integers
    found[:, 0] += free
    return found


def _reserved(times: NDArray[np.int64], held: Collection[Reservation]) -> tuple[Changes, Changes]:
    """Return what reservations take when they begin, and what they give back when they end."""
    nodes = np.concatenate([each.nodes for each in held])
    amounts = np.concatenate([each.amounts for each in held], axis=1).T
    lengths = [len(each.nodes) for each in held]
    starts, ends = (np.repeat(np.array([each[which] for each in held], np.int64), lengths) for which in (0, 1))
    over = ends < NEVER
    return (np.maximum(starts, times[0]), nodes, -amounts), (ends[over], nodes[over], amounts[over])
