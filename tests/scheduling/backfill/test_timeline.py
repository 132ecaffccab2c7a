"""The timeline against a table with a row for every instant."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from schedlab.plugins.backfill.availability import NEVER, Demand, Releases, members, place
from schedlab.plugins.backfill.timeline import Reservation, Timeline, end_of

LAST = 24  # after which nothing changes
KINDS = 2  # resources
floats = np.float64


@st.composite
def amounts(draw: st.DrawFn, *shape: int, most: int) -> Any:
    size = int(np.prod(shape))
    return np.array(draw(st.lists(st.integers(0, most), min_size=size, max_size=size)), floats).reshape(shape)


class Table:
    """What is free at each instant from ``now`` to `LAST`, which goes on for ever: (instants, R, N)."""

    def __init__(self, now: int, free: Any, releases: Releases) -> None:
        self.now = now
        self.free = np.array([free.copy() for _ in range(LAST + 1)])
        for end, position, requests in zip(releases.ends, releases.nodes, releases.requests, strict=True):
            for instant in range(end, LAST + 1) if end < NEVER else ():
                self.free[instant, :, position] += requests
        self.free = np.maximum(self.free, 0)

    def change(self, held: Reservation, sign: int) -> None:
        for instant in range(max(held.start, self.now), min(held.end, LAST + 1)):
            for at, position in enumerate(held.nodes):
                self.free[instant, :, position] += sign * held.amounts[:, at]

    def least(self, start: int, end: int) -> Any:
        return self.free[start : min(end, LAST + 1)].min(axis=0)

    def earliest(self, demand: Demand, span: int, before: int) -> int | None:
        for start in range(self.now, min(before, LAST + 1)):
            least, total = self.least(start, end_of(start, span)), 0
            for position in np.flatnonzero(demand.eligible):
                count = 0
                while (demand.requests[:, 0] * (count + 1) <= np.maximum(least[:, position], 0)).all() and count < 50:
                    count += 1
                total += count
            if total >= demand.need:
                return start
        return None


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_timeline_is_a_table_of_all_instants(data: st.DataObject) -> None:
    draw, now = data.draw, 2
    nodes = draw(st.integers(1, 4))
    free = draw(amounts(KINDS, nodes, most=6)) - draw(st.integers(0, 1))
    ends = sorted(draw(st.lists(st.sampled_from([3, 4, 5, 9, 14, 20, NEVER]), max_size=6)))
    where = np.array([draw(st.integers(0, nodes - 1)) for _ in ends], np.int32)
    requests = draw(amounts(len(ends), KINDS, most=3))
    releases = Releases(np.arange(len(ends)), np.array(ends, np.int64), where, requests)
    table, held = Table(now, free, releases), list[Reservation]()

    def demand() -> Demand:
        asked = np.array([[draw(st.integers(0, 2))], [1]], floats)
        eligible = np.array([draw(st.booleans()) for _ in range(nodes)])
        return Demand(draw(st.integers(0, 10**6)), draw(st.integers(1, 4)), asked, np.flatnonzero(asked), eligible)

    timeline = Timeline(now, free, releases)
    for _ in range(draw(st.integers(1, 6))):
        own = draw(st.sampled_from([None, *held]))
        if own is not None:
            table.change(own, 1)
        wanted, span = demand(), draw(st.sampled_from([1, 2, 5, 11, -1]))
        before = draw(st.sampled_from([NEVER, 6, 12]))
        found, expected = timeline.earliest([wanted], span, before, own), table.earliest(wanted, span, before)
        if expected != now:  # it is asked for those that do not start now
            assert (None if found is None else found[0]) == expected
        start, end = now + draw(st.integers(0, 9)), now + draw(st.integers(10, 20))
        assert (np.maximum(timeline.least(start, end, own), 0) == np.maximum(table.least(start, end), 0)).all()
        probe = Reservation.of(start, end, draw(amounts(KINDS, nodes, most=3)))
        room = table.least(start, end)[:, probe.nodes]
        assert timeline.has(probe, own) == ((probe.amounts <= room) | (probe.amounts == 0)).all()
        if own is not None:
            table.change(own, -1)
        if found is not None and own is None:
            held.append(Reservation.of(found[0], end_of(found[0], span), found[1]))
            table.change(held[-1], -1)
            timeline.take(held[-1])
            if draw(st.booleans()):  # a new one that is laid out with all that is reserved
                timeline = Timeline(now, free, releases, held)
    assert not timeline.overdrawn()


def test_members_are_counted_by_what_is_asked_for() -> None:
    """2 fit three times into 7; the second node is overcommitted in what nobody asks for, the third is out."""
    free = np.array([[7.0, 4.0, 9.0], [5.0, -1.0, 9.0]])
    eligible = np.array([True, True, False])
    cpu = Demand(0, 4, np.array([[2.0], [0.0]]), np.array([0]), eligible)
    assert members(free, cpu).tolist() == [3, 2, 0]
    both = Demand(1, 2, np.array([[2.0], [3.0]]), np.array([0, 1]), eligible)
    assert members(free, both).tolist() == [1, 0, 0]
    assert place(free, [both]) is None
    taken = place(free, [cpu])
    assert taken is not None
    assert taken.tolist() == [[4, 4, 0], [0, 0, 0]]  # the fuller node first


def test_several_classes_share_the_nodes() -> None:
    """The class that only one node takes is placed there first."""
    free = np.array([[4.0, 4.0]])
    picky = Demand(0, 1, np.array([[3.0]]), np.array([0]), np.array([True, False]))
    easy = Demand(1, 2, np.array([[2.0]]), np.array([0]), np.array([True, True]))
    taken = place(free, [picky, easy])
    assert taken is not None
    assert taken.tolist() == [[3, 4]]
    assert place(free, [picky, easy._replace(need=3)]) is None
