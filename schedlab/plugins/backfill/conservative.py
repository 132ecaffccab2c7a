"""Conservative backfilling: every unit that waits has a reservation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import msgspec
import numpy as np

from schedlab.cluster.pods import NOWHERE, PENDING
from schedlab.plugins.api import backfill
from schedlab.plugins.backfill.availability import NEVER, Availability, Floats, Releases
from schedlab.plugins.backfill.timeline import Reservation, Timeline, end_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from schedlab.cluster import ClusterView
    from schedlab.plugins.backfill.contract import Fits, Unit


@dataclass(frozen=True)
class Conservative:
    """Start a unit at once only if that delays no other that waits: each has a reservation from when it was first seen.

    When pods end before their walltimes are over, reservations move forward, in the order of the queue, each as far as
    it can without moving another (compression; Mu'alem and Feitelson, TPDS 2001, section 2). Walltimes that are upper
    bounds make the first reservation a promise, unless nodes change. Beyond the first ``depth`` units that wait nobody
    starts.
    """

    depth: Annotated[int, msgspec.Meta(ge=1, description="waiting units that a pass looks at")] = 500

    @backfill(name="conservative")
    def reservations(self, view: ClusterView, fits: Fits) -> Schedule:
        """Return the policy at work."""
        return Schedule(view, fits, self.depth)


class Schedule:
    """The reservations of all who wait.

    They are kept from pass to pass. A better one is looked for as if a unit's own were not there. Nothing is looked for
    anew while nothing became free that was promised. No timer is needed: the first reservation begins when a bound pod
    is expected to end, and if that ends before, there is a pass then.
    """

    def __init__(self, view: ClusterView, fits: Fits, depth: int) -> None:
        self._view, self._depth = view, depth
        self._availability = Availability(view, fits)
        self.held: dict[Unit, Reservation] = {}
        self._specs = -1  # the nodes' specs that they were made for
        self._seen: set[Unit] = set()
        self._timeline: Timeline | None = None
        self._room: tuple[Unit, Floats] | None = None  # what a unit may take of each node if it starts now
        self._loose = self._moved = False  # whether something promised became free before, or in, this pass
        self._expected: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []  # pods that run, and their ends

    @property
    def done(self) -> bool:
        """Whether as many units wait as a pass looks at; those that never fit do not count."""
        return len(self._seen) >= self._depth

    def begin(self) -> None:
        """Begin a pass: forget who is gone, and lay out what is promised.

        Where a promise cannot be kept, pods having run for too long or nodes having changed, all are made anew.
        """
        table, specs, count = self._view.pods, self._view.log.specs, len(self.held)
        if specs != self._specs or any(held.start < self._view.now for held in self.held.values()):
            self.held, self._specs = {}, specs
        first = [unit.pods[0] for unit in self.held]
        waiting = ((table.node[first] == NOWHERE) & (table.phase[first] == PENDING)).tolist()
        kept = zip(self.held.items(), waiting, strict=True)
        self.held = {unit: held for (unit, held), there in kept if there and unit in self._seen}
        self._loose, self._moved = self._moved or len(self.held) < count, False
        self._seen, self._timeline, self._room = set(), None, None
        if self.held:
            self._lay_out()

    def _lay_out(self) -> Timeline:
        """Make the timeline of what is free beside what is promised."""
        now, releases, free = self._view.now, self._availability.releases(), self._availability.free()
        self._loose |= self._freed(releases, now)
        self._expected = [(releases.pods, releases.ends)]
        self._timeline = Timeline(now, free, releases, self.held.values())
        if self.held and self._timeline.overdrawn():
            self.held = {}
            self._timeline = Timeline(now, free, releases)
        return self._timeline

    def _freed(self, releases: Releases, now: int) -> bool:
        """Return whether a pod ended, or is to end, before it was expected to in the last pass."""
        order = releases.pods.argsort()
        pods, ends = np.append(releases.pods[order], -1), np.append(releases.ends[order], now)
        for former, expected in self._expected:
            at = pods[:-1].searchsorted(former)
            if (np.where(pods[at] == former, ends[at], now) < expected).any():
                return True
        return False

    def allows(self, unit: Unit, nodes: Sequence[int]) -> str | None:
        """Allow what leaves all reservations as they are."""
        timeline = self._timeline
        if timeline is None:
            return None
        own, now = self.held.get(unit), self._view.now
        wanted = Reservation.of(now, end_of(now, unit.walltime), self._availability.taken(unit, nodes))
        if not timeline.has(wanted, own):
            return "starting now it would delay others, which have reservations"
        if own is not None:
            timeline.give_back(self.held.pop(unit))
            if not own.within(wanted):
                self._loose = self._moved = True
        timeline.take(wanted)
        started = np.array([pod for pod, node in zip(unit.pods, nodes, strict=True) if node != NOWHERE])
        self._expected.append((started, np.full(len(started), wanted.end)))
        return None

    def room(self, unit: Unit, nodes: Sequence[int]) -> NDArray[np.bool_] | None:
        """Return the nodes that can take the next pod beside all reservations of others."""
        if self._timeline is None:
            return None
        if not nodes or self._room is None or self._room[0] != unit:
            now = self._view.now
            self._room = unit, self._timeline.least(now, end_of(now, unit.walltime), self.held.get(unit))
        return self._availability.takes(unit, nodes, self._room[1])

    def waits(self, unit: Unit) -> str | None:
        """Reserve for a unit, or move its reservation forward if that is possible."""
        if problem := self._availability.problem(unit):
            return problem
        self._seen.add(unit)
        timeline = self._timeline or self._lay_out()
        held = self.held.get(unit)
        if held is None or held.start <= self._view.now or self._loose:
            held = self._reserve(unit, timeline)
        return None if held is None else f"it has a reservation at {held.start / 1e6:g} s"

    def _reserve(self, unit: Unit, timeline: Timeline) -> Reservation | None:
        """Find the earliest reservation beside those of the others; return it."""
        own = self.held.get(unit)
        kept = own if own is not None and own.start > self._view.now else None
        before = NEVER if kept is None else kept.start
        found = timeline.earliest(self._availability.demands(unit), unit.walltime, before, own)
        if found is not None:
            kept = Reservation.of(found[0], end_of(found[0], unit.walltime), found[1])
        if own is not None and kept is not own:
            timeline.give_back(self.held.pop(unit))
            self._loose = self._moved = True
        if kept is not None and kept is not own:
            self.held[unit] = kept
            timeline.take(kept)
        return kept
