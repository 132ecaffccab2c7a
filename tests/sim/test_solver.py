"""A solver in the loop: stories on one to three nodes, worked out by hand; times in seconds, cpu in millicores."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from worlds import SECOND, node, pod, world

from schedlab import InputError, explain, replay, summary
from schedlab.objects.node import RACK, ZONE
from schedlab.workload import DataSet

if TYPE_CHECKING:
    from schedlab.record import Run
    from schedlab.workload import Workload

A, B = node("a"), node("b")


def story(run: Run) -> list[tuple[float, str, str, str | None]]:
    """Return what was decided: when, what, of whom, and the node, or for a wait why."""
    names = dict(zip(run.pods["pod"], run.pods["name"], strict=True))
    return [
        (row["time"] / SECOND, row["verb"], names[row["pod"]], row["reason"] if row["verb"] == "wait" else row["node"])
        for row in run.tables["decisions"].to_pylist()
    ]


def played(workload: Workload, scheduler: Any, **more: Any) -> list[tuple[float, str, str, str | None]]:
    return story(replay(workload, scheduler, check=True, **more))


def binds(found: list[tuple[float, str, str, str | None]]) -> set[tuple[float, str, str | None]]:
    return {(time, who, where) for time, verb, who, where in found if verb == "bind"}


def test_a_batch_goes_by_priority_and_then_to_the_fewest_nodes() -> None:
    pods = [pod("small", 0, 10, cpu=600), pod("tall", 0, 10, cpu=600, priority=1), pod("thin", 0, 10, cpu=400)]
    found = played(world([A], pods), "solver(every=0)")
    assert binds(found) == {(0, "tall", "a"), (0, "thin", "a"), (10, "small", "a")}
    assert (0, "wait", "small", "left out of the optimal placement found") in found
    nodes = {where for time, _, where in binds(played(world([A, B], pods[:1] + pods[2:]), "solver(every=0)"))}
    assert len(nodes) == 1


def test_what_one_by_one_blocks_the_solver_places() -> None:
    # best fit puts 300 beside 300, and then 700 finds no room on a node that has 400 left, nor on one with 300
    pods = [pod("x", 0, cpu=300), pod("y", 0, cpu=700), pod("z", 0, cpu=300), pod("w", 0, cpu=700)]
    assert len(binds(played(world([A, B], pods, horizon=5), "solver(every=0)"))) == 4
    assert len(binds(played(world([A, B], [pods[0], pods[2], pods[1], pods[3]], horizon=5), "best_fit"))) == 3


def test_batches_are_so_far_apart() -> None:
    pods = [pod("p", 0, cpu=100), pod("q", 1, cpu=100), pod("r", 9, cpu=100), pod("s", 25, cpu=100)]
    found = binds(played(world([A], pods, horizon=40), "solver(every=10)"))
    assert found == {(0, "p", "a"), (10, "q", "a"), (10, "r", "a"), (25, "s", "a")}


def test_decisions_take_their_time_and_hold_only_if_the_node_is_as_it_was() -> None:
    pods, late = [pod("p", 0, cpu=100)], "solver(every=0)"
    assert played(world([A], pods, horizon=9), late, decision_time="500ms") == [(0.5, "bind", "p", "a")]
    run = replay(world([A, B], pods, [(1, "remove", "a")], horizon=9), late, decision_time="2s", check=True)
    assert story(run) == [(4, "bind", "p", "b")]
    assert [(row["time"], row["detail"]) for row in run.tables["events"].to_pylist() if row["kind"] == "refused"] == [
        (2 * SECOND, "the node is gone")
    ]


def test_the_fallback_moves_a_pod_that_is_in_the_way() -> None:
    pods = [pod("p", 0, 10, cpu=400), pod("q", 0, 10, cpu=400), pod("big", 1, 10, cpu=1000)]
    workload = world([A, B], pods)
    run = replay(workload, "worst_fit+fallback", check=True)
    assert story(run)[2:] == [
        (1, "wait", "big", "0/2 nodes are available: 2 Insufficient cpu."),
        (1, "evict", "p", "a"),
        (1, "bind", "big", "a"),
        (1, "bind", "p", "b"),
    ]
    again = run.pods[run.pods["name"] == "p"]
    assert again["reason"].tolist() == ["Moved", None] or again["reason"].tolist() == ["Moved", ""]
    assert (again["finished"] / SECOND).tolist() == [1, 11]  # a new attempt needs all of its time
    for name in ("p", "q", "big"):
        assert explain(run, name, workload=workload)["decision"]["verb"] == "bind"
    assert explain(run, "big", verb="wait", workload=workload)["filter"]["a"]["ok"] is False


def test_the_fallback_lets_high_priority_in_and_nobody_else_out() -> None:
    pods = [pod("p", 0, 20, cpu=500), pod("q", 0, 20, cpu=500, priority=2), pod("new", 1, 5, cpu=500, priority=1)]
    found = played(world([A], pods, horizon=18), "kubernetes+fallback(every=0)")
    assert [each for each in found if each[1] == "evict"] == [(1, "evict", "p", "a")]
    assert binds(found) >= {(1, "new", "a"), (11, "p", "a")}  # after the Job's back-off of 10 s
    equal = [pod("p", 0, 20, cpu=600), pod("new", 1, 5, cpu=600)]
    assert not [each for each in played(world([A], equal), "kubernetes+fallback(every=0)") if each[1] == "evict"]


def test_pods_of_a_cordoned_node_stay_and_nodes_that_join_count() -> None:
    pods = [pod("p", 0, 40, cpu=400), pod("q", 0, 40, cpu=400), pod("big", 2, 5, cpu=900), pod("huge", 8, 5, cpu=1000)]
    events = [(1, "cordon", "a"), (4, "add", "c")]
    found = played(world([A, B, node("c", 900)], pods, events), "worst_fit+fallback(every=0)")
    assert (4, "bind", "big", "c") in found
    assert [each for each in found if each[0] >= 8 and each[1] != "wait"] == [
        (9, "evict", "q", "b"),  # when big has left c
        (9, "bind", "huge", "b"),
        (9, "bind", "q", "c"),
    ]
    assert not [each for each in found if each[1:] == ("evict", "p", "a")]


def test_repacking_empties_a_node_within_its_budget() -> None:
    pods = [pod("p", 0, 50, cpu=300), pod("q", 0, 50, cpu=300), pod("r", 0, 50, cpu=300), pod("s", 0, 50, cpu=300)]
    nodes = [A, B, node("c"), node("d")]
    found = played(world(nodes, pods), "worst_fit+repack(every=5,moves=4)")
    moves = [each for each in found if each[1] == "evict"]
    assert [time for time, *_ in moves] == [0, 0]  # three fit one node: two nodes are enough, and one pod stays on each
    tight = played(world(nodes, pods), "worst_fit+repack(every=5,moves=1)")
    assert [time for time, verb, *_ in tight if verb == "evict"] == [0, 5]


def test_a_flow_sends_pods_to_their_data_unless_waiting_is_cheaper() -> None:
    near, far = node("near", 1000, zone="z", rack="r"), node("far", 1000, zone="y", rack="q")
    assert {RACK, ZONE} <= near.metadata.labels.keys()
    data = [DataSet("d", 0, (("node", "near"),))]
    pods = [pod("p", 0, 5, cpu=1000, reads=0), pod("q", 0, 5, cpu=1000, reads=0)]
    workload = world([far, near], pods, datasets=data)
    assert {(time, where) for time, _, where in binds(played(workload, "quincy"))} == {(0, "near"), (0, "far")}
    waits = binds(played(workload, "quincy(unscheduled=200)"))
    assert {(time, where) for time, _, where in waits} == {(0, "near"), (5, "near")}


def test_a_flow_that_would_not_be_exact_says_why() -> None:
    pods = [pod("p", 0, 5, cpu=1000), pod("q", 0, 5, cpu=700), pod("r", 0, 5, cpu=700)]
    with pytest.raises(InputError, match=r"a flow is not exact for these pods: .*cpu"):
        replay(world([A], pods), "quincy")


def gangs(workload: Workload, job: list[int], least: list[int], wait: float | None = None) -> Workload:
    """Return a workload whose pods, in the order in which they come, belong to gangs; -1: to none."""
    names = tuple(f"gang{i}" for i in range(len(least)))
    pods = replace(workload.pods, job=np.array(job, np.int32))
    until = None if wait is None else round(wait * SECOND)
    return replace(workload, pods=pods, jobs=names, min_available=np.array(least, np.int32), gang_wait=until)


@pytest.mark.parametrize("scheduler", ["solver(every=0)", "best_fit+fallback(every=0)"])
def test_a_gang_starts_whole_or_not_at_all(scheduler: str) -> None:
    pods = [
        pod("first", 0, 5, cpu=600, priority=1),
        *(pod(f"g{i}", 1 + i, 10, cpu=500) for i in range(3)),
        pod("one", 3, cpu=100),
    ]
    workload = gangs(world([A, B], pods, horizon=30), [-1, 0, 0, 0, -1], [3])
    found = binds(played(workload, scheduler))
    assert {(time, who) for time, who, _ in found} == {(0, "first"), (3, "one"), (5, "g0"), (5, "g1"), (5, "g2")}
    impatient = gangs(world([A], pods, horizon=30), [-1, 0, 0, 0, -1], [3], wait=4)
    run = replay(impatient, scheduler, check=True)
    assert {(time, who) for time, who, _ in binds(story(run))} == {(0, "first"), (3, "one")}
    assert set(run.pods["reason"][run.pods["name"].str.startswith("g")]) == {"GangTimeout"}


def test_who_comes_late_to_a_gang_that_runs_goes_alone() -> None:
    pods = [pod("g0", 0, 20, cpu=500), pod("g1", 0, 20, cpu=500), pod("g2", 4, 20, cpu=500)]
    found = binds(played(gangs(world([A, B], pods), [0, 0, 0], [2]), "solver(every=0)"))
    assert {(time, who) for time, who, _ in found} == {(0, "g0"), (0, "g1"), (4, "g2")}


def test_where_nobody_may_wait_pods_end_that_find_no_node() -> None:
    pods = [pod("p", 0, 10, cpu=600), pod("q", 1, 10, cpu=600), pod("r", 2, 3, cpu=400), pod("s", 10, 1, cpu=600)]
    run = replay(world([A], pods), "first_fit+loss", check=True)
    assert binds(story(run)) == {(0, "p", "a"), (2, "r", "a"), (10, "s", "a")}
    ended = run.pods[run.pods["name"] == "q"]
    assert (ended["phase"].tolist(), ended["reason"].tolist()) == (["Failed"], ["Rejected"])
    assert (ended["finished"] / SECOND).tolist() == [1]
    assert summary(run)["served"] == 3
    assert summary(run)["offline_bound.lp"] == 3  # p and q do not fit together: a share of one at most
    solver = replay(world([A], pods), "solver(every=0,rejects=true)", check=True)
    assert summary(solver)["served"] == 3
    assert "served" not in summary(replay(world([A], pods), "first_fit"))


def test_where_nobody_may_wait_they_still_wait_for_the_batch() -> None:
    pods = [pod("p", 0, 2, cpu=600), pod("q", 1, 5, cpu=600), pod("r", 2, 5, cpu=600)]
    run = replay(world([A], pods), "solver(every=3,rejects=true)", check=True)
    assert binds(story(run)) == {(0, "p", "a"), (3, "q", "a")}
    assert (run.pods["finished"] / SECOND).tolist() == [2, 8, 3]


@pytest.mark.parametrize(
    ("scheduler", "wrong"),
    [
        ("solver+fifo", "fifo says who goes first, and solver places pods together"),
        ("solver+easy", "easy says who goes first, and solver places pods together"),
        ("solver+loss", "solver and loss each place pods together"),
        ("solver(objective=prio)", "there is no objective 'prio'"),
        ("solver(work=0)", "work"),
    ],
)
def test_what_cannot_be_is_refused(scheduler: str, wrong: str) -> None:
    with pytest.raises(InputError, match=re.escape(wrong)):
        replay(world([A], [pod("p", 0, 5, cpu=100)]), scheduler)
