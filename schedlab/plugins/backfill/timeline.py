"""Timeline: what nodes have free from each instant on at which that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schedlab.plugins.backfill.availability import NEVER, Demand, Floats, Releases, members, place

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

CHUNK = 16  # starts that are looked at together
SPARE = 64  # rows


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

    def meets(self, other: Reservation) -> bool:
        """Return whether both hold something of a node at some time."""
        return self.start < other.end and other.start < self.end and bool(np.isin(self.nodes, other.nodes).any())

    def within(self, other: Reservation) -> bool:
        """Return whether the other, begun no earlier, holds all of this."""
        same = self.start <= other.start and self.end <= other.end and np.array_equal(self.nodes, other.nodes)
        return same and bool((self.amounts <= other.amounts).all())


class Timeline:
    """Free requests of each node over time, a step function: float64 (T, R, N), row i from ``times[i]`` on.

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
        times = np.unique(np.array([now, *ends.tolist(), *(t for each in held for t in each[:2])], np.int64))
        times = times[(times >= now) & (times < NEVER)]
        size, shape = len(times), free.shape
        freed = _steps(times, shape, ends, releases.nodes[:known], releases.requests[:known])
        self._times = np.full(size + SPARE, NEVER)
        self._free = np.empty((size + SPARE, *shape))
        self._times[:size] = times
        np.add(freed, free, out=self._free[:size])
        np.maximum(self._free[:size], 0, out=self._free[:size])
        self._sums = np.empty((size + SPARE, shape[0]))  # over nodes, of what is free
        self._size = size
        if held:
            self._free[:size] -= _reserved(times, shape, held)
        self._free[:size].sum(axis=2, out=self._sums[:size])

    @property
    def now(self) -> int:
        """When it begins."""
        return int(self._times[0])

    def _cut(self, time: int) -> int:
        """Return the row that begins at a time, a new one if there is none; NEVER is past the last."""
        at, size = int(self._times[: self._size].searchsorted(time)), self._size
        if time == NEVER or (at < size and self._times[at] == time):
            return at
        if size == len(self._times):
            self._times, self._free, self._sums = (
                np.concatenate([each, np.empty_like(each)]) for each in (self._times, self._free, self._sums)
            )
        for each in (self._times, self._free, self._sums):
            each[at + 1 : size + 1] = each[at:size]
        self._times[at], self._free[at], self._sums[at] = time, self._free[at - 1], self._sums[at - 1]
        self._size += 1
        return at

    def take(self, held: Reservation) -> None:
        """Take what is reserved out of what is free."""
        self._change(held, -1)

    def give_back(self, held: Reservation) -> None:
        """Make what was reserved free again."""
        self._change(held, 1)

    def _change(self, held: Reservation, sign: int) -> None:
        rows = slice(self._cut(max(held.start, self.now)), self._cut(held.end))
        self._free[rows, :, held.nodes] += sign * held.amounts
        self._sums[rows] += sign * held.amounts.sum(axis=1)

    def _rows(self, start: int, end: int) -> slice:
        """Return the rows that hold at some time from ``start`` to ``end``."""
        times = self._times[: self._size]
        return slice(int(times.searchsorted(max(start, self.now), side="right")) - 1, int(times.searchsorted(end)))

    def overdrawn(self, held: Reservation | None = None) -> bool:
        """Return whether more is reserved than is free: anything at all, or of what one reservation holds."""
        if held is None:
            return bool((self._free[: self._size] < 0).any())
        free = self._free[self._rows(held.start, held.end), :, held.nodes]
        return bool(((free < 0) & (held.amounts > 0)).any())

    def has(self, wanted: Reservation) -> bool:
        """Return whether so much is free."""
        free = self._free[self._rows(wanted.start, wanted.end), :, wanted.nodes]
        return bool(((wanted.amounts <= free) | (wanted.amounts == 0)).all())

    def least(self, start: int, end: int) -> Floats:
        """Return what is free of each node from a time to another, float64 (R, N)."""
        found: Floats = self._free[self._rows(start, end)].min(axis=0)
        return found

    def earliest(self, demands: Sequence[Demand], span: int, before: int = NEVER) -> tuple[int, Floats] | None:
        """Return when a unit can first start after now, to stay for a ``span``, and what it takes of each node.

        None if that is not before a given time. It can start earlier only where something becomes free.
        """
        times = self._times[: self._size]
        needed = sum(demand.requests[:, 0] * demand.count for demand in demands)
        starts = np.arange(1, int(times.searchsorted(before)))
        ends = np.full(len(starts), self._size) if span < 0 else times.searchsorted(times[starts] + span)
        lacking = np.flatnonzero((self._sums[: self._size] < needed).any(axis=1))
        upcoming = np.append(lacking, self._size)[lacking.searchsorted(starts)]
        hopeful = upcoming >= ends
        starts, ends = starts[hopeful], ends[hopeful]
        for first in range(0, len(starts), CHUNK):
            some = slice(first, first + CHUNK)
            rooms = [members(self._free[starts[some]], demand).sum(axis=1) >= demand.count for demand in demands]
            for index in np.flatnonzero(np.logical_and.reduce(rooms)).tolist():
                start, end = starts[first + index], ends[first + index]
                taken = place(self._free[start:end].min(axis=0), demands)
                if taken is not None:
                    return int(times[start]), taken
        return None


def _steps(
    times: NDArray[np.int64],
    shape: tuple[int, ...],
    when: NDArray[np.int64],
    nodes: NDArray[np.integer[Any]],
    amounts: Floats,
) -> Floats:
    """Return what some changes (B,), each of so much (B, R) on a node, have come to at each time: (T, R, N)."""
    rows, count = shape
    cells = (times.searchsorted(when)[:, None] * rows + np.arange(rows)) * count + nodes[:, None]
    changes = np.bincount(cells.ravel(), amounts.ravel(), len(times) * rows * count)
    return changes.reshape(len(times), rows, count).cumsum(axis=0)


def _reserved(times: NDArray[np.int64], shape: tuple[int, ...], held: Collection[Reservation]) -> Floats:
    """Return what is reserved at each time, (T, R, N)."""
    nodes = np.concatenate([each.nodes for each in held])
    amounts = np.concatenate([each.amounts for each in held], axis=1).T
    lengths = [len(each.nodes) for each in held]
    starts, ends = (np.repeat(np.array([each[which] for each in held], np.int64), lengths) for which in (0, 1))
    over = ends < NEVER
    return _steps(
        times,
        shape,
        np.concatenate([np.maximum(starts, times[0]), ends[over]]),
        np.concatenate([nodes, nodes[over]]),
        np.concatenate([amounts, -amounts[over]]),
    )
