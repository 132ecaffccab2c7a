"""Decisions that take simulated time: who waits for the scheduler, and for how long."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import says
from worlds import SECOND, Row, decisions, first, node, play, pod, us, world

from schedlab import Profile, Run, explain, filter, replay, rewind, summary
from schedlab.errors import InputError

ROOMY = [node("n0", cpu=100_000)]
THREE = [pod(name, 0, 100, cpu=1) for name in "abc"]


def charged(pods: list[Row], time: str, scheduler: object = "first_fit", nodes: object = ROOMY, **more: object) -> Run:
    return play(nodes, pods, scheduler=Profile.of(scheduler, decision_time=time), **more)  # type: ignore[arg-type]


def test_a_decision_takes_its_time_and_then_the_next_begins() -> None:
    run = charged(THREE, "2s")
    assert decisions(run) == [(2, "bind", "a", "n0"), (4, "bind", "b", "n0"), (6, "bind", "c", "n0")]
    free = charged(THREE, "0s")
    assert free.manifest["decision_hash"] == play(ROOMY, THREE).manifest["decision_hash"]
    assert "decision_time" not in free.manifest["profile"]


def test_who_comes_meanwhile_waits_for_the_decision_under_way() -> None:
    run = charged([pod("a", 0, cpu=1), pod("late", 1, cpu=1), pod("alone", 10, cpu=1)], "2s")
    assert first(run, "bound") == {"a": 2, "late": 4, "alone": 12}


def test_of_those_who_wait_the_highest_priority_goes_next() -> None:
    run = charged([*THREE, pod("urgent", 1, cpu=1, priority=9)], "2s")
    assert first(run, "bound") == {"a": 2, "urgent": 4, "b": 6, "c": 8}


def test_a_decision_in_vain_takes_as_long() -> None:
    run = charged([pod("huge", 0, cpu=200_000), pod("small", 1, cpu=1)], "2s")
    assert decisions(run) == [(2, "wait", "huge", None), (4, "bind", "small", "n0")]


def test_a_decision_knows_the_cluster_as_it_was_when_it_began() -> None:
    """Room that comes during a decision does not change it; who failed by it is tried again."""
    pods = [pod("busy", 0, 3, cpu=100_000), pod("next", 2, cpu=100_000)]
    run = charged(pods, "2s")  # busy runs from 2 to 5; next is tried from 2 to 4, in vain, and sleeps until 5
    assert decisions(run) == [(2, "bind", "busy", "n0"), (4, "wait", "next", None), (7, "bind", "next", "n0")]
    pods = [pod("busy", 0, 3, cpu=100_000), pod("next", 4, cpu=100_000)]
    run = charged(pods, "2s")  # tried from 4 to 6; at 5 there is room, of which it hears when it has failed
    assert decisions(run) == [(2, "bind", "busy", "n0"), (6, "wait", "next", None), (8, "bind", "next", "n0")]


def test_a_plan_that_no_longer_holds_is_refused_and_the_pod_tried_again() -> None:
    events = [(1, "remove", "n0")]
    run = charged([pod("a", 0, cpu=1)], "2s", nodes=[node("n0"), node("n1")], events=events)
    assert first(run, "bound", "node") == {"a": (4, "n1")}
    assert run.events["kind"].tolist().count("refused") == 1


def test_nodes_that_are_scored_cost_too() -> None:
    nodes = [node(f"n{i}", cpu=1000) for i in range(4)]
    pods = [pod("a", 0, cpu=600), pod("b", 0, cpu=600)]
    run = charged(pods, "1s+10ms/node", nodes=nodes)
    assert first(run, "bound") == {"a": 1.04, "b": 2.07}  # one node has no room for b


def test_initial_pods_ran_before_and_cost_nothing() -> None:
    before = [pod(f"i{n}", 0, 100, cpu=1, initial=True) for n in range(3)]
    run = charged([*before, pod("new", 0, cpu=1)], "2s")
    assert first(run, "bound") == {"i0": 0, "i1": 0, "i2": 0, "new": 2}
    huge = [pod("huge", 0, 9, cpu=200_000, initial=True)]  # it fits nowhere, and is not tried for ever
    run = charged([*huge, *THREE], "2s", events=[(0, "add", "n0")], horizon=20)
    assert first(run, "bound")["c"] == 6


def test_measured_decisions_take_time_and_such_a_run_cannot_be_made_again() -> None:
    run = charged(THREE, "measured*1000")
    bound = sorted(first(run, "bound").values())
    assert 0 < bound[0] < bound[1] < bound[2]
    assert run.manifest["reproducible"] is False
    assert run.manifest["profile"]["decision_time"] == "measured*1000.0"
    again = "decisions of the run took as long as they took when it was made, so it cannot be made again"
    for attempt in (lambda: explain(run, "a"), lambda: rewind(run, 0)):
        with says(InputError, f"{again}; replay with a decision time that is given, such as 5ms"):
            attempt()


def test_a_run_whose_decisions_take_time_is_explained_and_rewound(tmp_path: object) -> None:
    run = charged(THREE, "2s")
    assert explain(run, "b")["decision"]["time"] == 4 * SECOND
    made = world(ROOMY, THREE)
    run = replay(made, "first_fit", decision_time="2s")
    run.save(str(tmp_path))
    cluster = rewind(Run.load(str(tmp_path)), 5 * SECOND, workload=made)
    assert sorted(cluster.pods.start[:3].tolist()) == [-1, 2 * SECOND, 4 * SECOND]


def test_failures_are_retried_in_the_order_of_the_queue_without_backoff() -> None:
    """Under an order nobody backs off: the first in line is tried first each time, whoever failed how often."""
    pods = [pod("busy", 0, 10, cpu=1000), pod("first", 1, 1, cpu=1000), pod("second", 2, 1, cpu=1000)]
    pods += [pod(f"gone{i}", 3 + i, 1, cpu=0) for i in range(6)]  # each, when it leaves, wakes those that wait
    run = charged(pods, "10ms", "fifo", nodes=[node("n0")])
    bound = first(run, "bound")
    assert bound["first"] == 10.02  # busy left at 10.01, and first was tried at once
    assert bound["second"] == pytest.approx(11.03)


# what the queue is told to be


@filter(scope="cluster")
def never(pod, nodes):  # type: ignore[no-untyped-def]
    return (nodes.rank >= 0) & (pod.priority > 0)


def test_samples_tell_the_parts_of_the_queue_at_their_time() -> None:
    huge = pod("huge", 0, cpu=200_000)
    run = charged([huge, *(pod(f"p{i}", 1, 10, cpu=1) for i in range(3))], "2s")
    at = run.samples.set_index("time")
    lengths = at[["queue.active", "queue.backoff", "queue.unschedulable", "queue.gated", "decisions", "busy"]]
    told = {time: lengths[at.index <= us(time)].iloc[-1].tolist() for time in (0.5, 1.5, 3, 5, 7, 9)}
    assert told == {
        0.5: [1, 0, 0, 0, 1, 0],
        1.5: [4, 0, 0, 0, 1, 0],
        3: [3, 0, 1, 0, 2, 2e6],  # nothing changed when huge failed: the sample before the next binding knows it
        5: [2, 0, 1, 0, 3, 4e6],
        7: [1, 0, 1, 0, 4, 6e6],
        9: [0, 0, 1, 0, 4, 8e6],
    }


def test_a_run_ends_with_its_last_change_and_so_do_its_samples() -> None:
    run = charged([pod("a", 0, 3, cpu=1), pod("huge", 4, cpu=200_000)], "2s")  # huge fails at 6, after the last change
    assert run.end == 5 * SECOND
    assert run.samples["time"].max() <= run.end
    assert summary(run)["backlog.max"] == 1


def test_the_parts_of_the_queue_add_up_to_those_who_wait() -> None:
    pods = [pod(f"p{i}", i, 20, cpu=300, priority=i % 2) for i in range(40)]
    profile = Profile.of(["kubernetes", never], decision_time="700ms")
    run = play([node("n0")], pods, scheduler=profile, horizon=100)
    parts = run.samples[["queue.active", "queue.backoff", "queue.unschedulable", "queue.gated"]]
    assert (parts.sum(axis=1) == run.samples["pending"]).all()
    assert (parts > 0).any().tolist() == [True, True, True, False]
    assert (run.samples["busy"].diff().dropna() % 700_000 == 0).all()


# against theory


@given(st.lists(st.integers(0, 5_000_000), min_size=1, max_size=30), st.integers(1, 3_000_000))
@settings(max_examples=60, deadline=None)
def test_pods_of_one_server_wait_as_lindley_says(gaps: list[int], cost: int) -> None:
    arrivals = np.cumsum(gaps)
    run = charged([pod(f"p{i}", at / SECOND, 1, cpu=1) for i, at in enumerate(arrivals.tolist())], f"{cost}us")
    free = 0
    expected = [free := max(int(at), free) + cost for at in arrivals]
    assert run.pods["bound"].tolist() == expected
    assert run.samples["busy"].iloc[-1] <= cost * len(gaps) == run.pods["bound"].max() - _idle(arrivals, expected)


def _idle(arrivals: np.ndarray, ends: list[int]) -> int:  # type: ignore[type-arg]
    return int(arrivals[0]) + sum(max(0, int(at) - end) for at, end in zip(arrivals[1:], ends[:-1], strict=True))


@pytest.mark.parametrize("busy", [0.5, 0.8])
def test_the_queue_is_that_of_an_m_d_1_server(busy: float) -> None:
    """Pollaczek and Khinchine: mean wait before service busy / (2 (1 - busy)) of its length; 20 % is 3 sigma."""
    count, cost = 6000, 1.0
    gaps = np.random.default_rng(7).exponential(cost / busy, count)
    pods = [pod(f"p{i}", at, 1, cpu=1) for i, at in enumerate(np.cumsum(gaps).tolist())]
    run = replay(world(ROOMY, pods), "first_fit", decision_time=f"{cost}s")
    waited = float((run.pods["bound"] - run.pods["submit"]).mean()) / SECOND
    theory = cost + cost * busy / (2 * (1 - busy))
    assert waited == pytest.approx(theory, rel=0.2)
    found = summary(run)
    assert found["scheduling_throughput"] == pytest.approx(1 / cost)
    assert found["backlog.mean"] == pytest.approx(waited * count / (run.end / SECOND), rel=0.2)  # Little


def test_above_its_rate_the_queue_of_a_scheduler_grows() -> None:
    pods = [pod(f"p{i}", i / 2, 1, cpu=1) for i in range(400)]  # two arrive a second, one is served
    run = replay(world(ROOMY, pods, horizon=200), "first_fit", decision_time="1s")
    queue = run.samples.set_index("time")["queue.active"]
    assert queue.loc[: us(199)].is_monotonic_increasing or queue.diff().min() >= -1
    assert queue.iloc[-1] == pytest.approx(200, abs=3)
    found = summary(run)
    assert found["backlog.mean"] == pytest.approx(100, rel=0.03)
    assert found["scheduling_throughput"] == 1
