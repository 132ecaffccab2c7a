"""The guide's rules that look at time: delay scheduling by a deadline, and a model on usage history."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from guide import rule
from worlds import GIB, decisions, node, play, pod, us, world

import schedlab as sl
from schedlab.workload import DataSet

DELAY, USE = "delay.py:DelayScheduling", "predicted_use.py:PredictedUse"
DATA = [DataSet("d", 10, (("node", "near"),))]


def delayed(deadline: float, within: int = 0) -> sl.Profile:
    return sl.Profile.of(rule(DELAY)(deadline=us(deadline), within=within))


def nodes() -> Any:
    return [node("far", zone="b"), node("beside", zone="a"), node("near", 2000, zone="a")]


def test_a_pod_waits_for_its_data_until_the_deadline_and_not_longer() -> None:
    pods = [
        pod("holder", 0, 60, cpu=2000, reads=0),  # takes the node of the data
        pod("patient", 1.5, 5, cpu=500, reads=0),  # finds it full, and waits its 10 s
        pod("other", 3, 5, cpu=500),  # reads nothing: any node, at once
        pod("second", 58, 5, cpu=500, reads=0),  # waits 2 s only: the holder leaves
    ]
    assert decisions(play(nodes(), pods, scheduler=delayed(10), datasets=DATA)) == [
        (0, "bind", "holder", "near"),
        (1.5, "wait", "patient", None),
        (3, "bind", "other", "far"),
        (11.5, "bind", "patient", "far"),
        (58, "wait", "second", None),
        (60, "bind", "second", "near"),
    ]


def test_the_deadline_counts_from_when_a_pod_was_queued_whatever_woke_it_in_between() -> None:
    pods = [
        pod("holder", 0, 100, cpu=2000, reads=0),
        pod("patient", 1, 5, cpu=500, reads=0),
        *(pod(f"noise{i}", 2 + i, 0.5, cpu=100) for i in range(8)),
    ]
    made = decisions(play(nodes(), pods, [(4, "cordon", "far"), (5, "uncordon", "far")],
                          scheduler=delayed(7.25), datasets=DATA))  # fmt: skip
    assert [row for row in made if row[2] == "patient"] == [
        (1, "wait", "patient", None),
        (8.25, "bind", "patient", "far"),
    ]


@pytest.mark.parametrize(("within", "place"), [(0, None), (1, None), (2, "beside"), (3, "far")])
def test_within_says_what_counts_as_near(within: int, place: str | None) -> None:
    pods = [pod("holder", 0, 60, cpu=2000, reads=0), pod("p", 1, 5, cpu=500, reads=0)]
    made = decisions(play(nodes(), pods, scheduler=delayed(10, within), datasets=DATA, until=5))
    assert made[1:] == [(1, "wait" if place is None else "bind", "p", place)]


def test_no_deadline_is_no_delay() -> None:
    pods = [pod("holder", 0, 60, cpu=2000, reads=0), pod("p", 1, 5, cpu=500, reads=0)]
    assert decisions(play(nodes(), pods, scheduler=delayed(0), datasets=DATA))[1] == (1, "bind", "p", "far")


# usage history


def test_the_model_goes_by_what_nodes_used_lately() -> None:
    used = {0: (900.0, 1.0), 300: (100.0, 1.0)}
    pods = [
        pod("hot", 0, 2000, cpu=500, uses=used),  # to a; it cools down at 300 s
        pod("mild", 1, 2000, cpu=500, uses={0: (400.0, 1.0)}),  # to b
        pod("early", 301, 5, cpu=100, uses={0: (1.0, 1.0)}),
        pod("late", 1500, 5, cpu=100, uses={0: (1.0, 1.0)}),
    ]
    model = rule(USE)(history=1.0, requested=0.0, request=1.0, half_life=us(200))
    run = play([node("a"), node("b")], pods, scheduler=model)
    assert [row[1:] for row in decisions(run)] == [
        ("bind", "hot", "a"), ("bind", "mild", "b"),
        ("bind", "early", "b"),  # a is cool now, but was not
        ("bind", "late", "a"),
    ]  # fmt: skip


def test_what_is_yet_to_come_changes_no_decision_before_it() -> None:
    def made(later: float) -> list[Any]:
        pods = [
            pod(f"p{i}", 7 * i, 200, cpu=50, memory=GIB // 64, uses={0: (10.0 * (i % 5), 1.0), 150: (later * i, 1.0)})
            for i in range(40)
        ]
        run = play([node(name) for name in "abcd"], pods, scheduler=rule(USE)(half_life=us(60)))
        return decisions(run)

    calm, wild = made(0.0), made(40.0)
    assert [row for row in calm if row[0] < 150] == [row for row in wild if row[0] < 150]
    assert calm != wild


def past() -> sl.Workload:
    """Pods of two samples: the later use is 0.5 of the earlier plus a quarter of the request."""
    rows = [
        pod(f"p{i}", i, 100, cpu=100 * (1 + i % 4), uses={0: (early, 1.0), 50: (0.5 * early + 25 * (1 + i % 4), 1.0)})
        for i, early in enumerate([10.0, 80.0, 30.0, 200.0, 90.0, 60.0, 20.0])
    ]
    return world([node("a")], [*rows, pod("unknown", 20, 5, cpu=70)])


def test_learn_finds_the_weights() -> None:
    model = rule(USE).learn(past())
    assert (model.history, model.requested) == pytest.approx((0.5, 0.25), rel=1e-6)
    asked, late = [], []
    for i, early in enumerate([10.0, 80.0, 30.0, 200.0, 90.0, 60.0, 20.0]):
        asked.append(100.0 * (1 + i % 4))
        late.append(0.5 * early + 0.25 * asked[-1])
    slope = sum(a * b for a, b in zip(asked, late, strict=True)) / sum(a * a for a in asked)
    assert model.request == pytest.approx(slope, rel=1e-6)
    assert np.isfinite(sl.summary(sl.replay(past(), model))["placed"])


def test_a_model_cannot_learn_from_the_workload_that_it_is_to_schedule() -> None:
    class Cheat(rule(USE)):  # type: ignore[misc]
        def setup(self, workload: Any) -> None:
            self.learn(workload)

    with pytest.raises(sl.PluginError, match=r"plug-in Cheat.*not known beforehand: declare oracle=True"):
        sl.replay(past(), Cheat())
