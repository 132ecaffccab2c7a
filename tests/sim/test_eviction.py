"""Eviction: who goes first, until when, and what becomes of them."""

from functools import cmp_to_key

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import GIB, attempts, decisions, first, node, play, pod, us

from schedlab import Cluster, ClusterView, generate, replay
from schedlab.cluster import Binding, Plan, facts
from schedlab.sim.controllers.job import Job
from schedlab.sim.events import EVICTED, PRESSURE, SUBMITTED, Event
from schedlab.sim.node.eviction import MemoryEviction, rank
from schedlab.workload import DataSet


def full_node(*pods, memory=1000):
    """A node with running pods (request, usage, priority), bound in this order; pod i is row i."""
    cluster = Cluster([node("other"), node("full", memory=memory)])
    for row, (request, usage, priority) in enumerate(pods):
        template = pod("p", memory=request, priority=priority).template
        cluster.pods.add([cluster.classify(template).index], names=[f"p{row}"])
        cluster.apply(Plan(((Binding(row, 0, 1, 0),),)))
        cluster.update(facts.PodStarted(row))
        cluster.update(facts.UsageSampled(row, 0.0, usage))
    return cluster, ClusterView(cluster)


def victims(cluster, view):
    """Let the eviction manager look at the node, doing what it plans; return whom it evicted, in order."""
    gone = []
    for plan in MemoryEviction().handle(0, [Event(0, PRESSURE, 1)], view):
        ((eviction,),) = plan.groups
        assert eviction.reason == "Evicted"
        assert cluster.apply(plan).refused == ()
        gone.append(eviction.pod)
    return gone


def order(*pods):
    _, view = full_node(*pods)
    return rank(view, view.pods_on(1)).tolist()


def test_those_above_their_request_go_first_whatever_their_priority():
    assert order((500, 500, 0), (100, 101, 1000), (900, 0, -5)) == [1, 2, 0]


def test_then_the_lowest_priority():
    assert order((0, 10, 3), (0, 10, -1), (0, 99, 0)) == [1, 2, 0]


def test_then_the_most_above_the_request():
    assert order((100, 150, 0), (10, 90, 0), (300, 360, 0)) == [1, 2, 0]


def test_below_the_request_the_nearest_to_it_goes_first():
    assert order((400, 100, 0), (400, 390, 0), (50, 20, 0)) == [1, 2, 0]


def test_of_equals_the_youngest_goes_first():
    assert order((10, 50, 0), (10, 50, 0), (10, 50, 0)) == [2, 1, 0]


def test_all_rules_at_once():
    pods = [(100, 90, 0), (100, 200, 1), (100, 120, 0), (100, 300, 1), (100, 100, 0), (200, 220, 0)]
    assert order(*pods) == [5, 2, 3, 1, 4, 0]


def slow_order(pods):
    """Kubernetes' text, pair by pair: usage above requests, then priority, then usage relative to requests."""

    def before(a, b):
        (request_a, usage_a, priority_a), (request_b, usage_b, priority_b) = pods[a], pods[b]
        if (usage_a > request_a) != (usage_b > request_b):
            return -1 if usage_a > request_a else 1
        if priority_a != priority_b:
            return -1 if priority_a < priority_b else 1
        if usage_a - request_a != usage_b - request_b:
            return -1 if usage_a - request_a > usage_b - request_b else 1
        return -1 if a > b else 1  # the younger one

    return sorted(range(len(pods)), key=cmp_to_key(before))


few = st.integers(0, 4)


@given(st.lists(st.tuples(few, few, st.integers(-1, 1)), max_size=8))
def test_rank_is_what_kubernetes_says(pods):
    assert order(*pods) == slow_order(pods)


@given(st.lists(st.tuples(few, few, st.integers(-1, 1)), max_size=8), st.integers(0, 20))
def test_victims_are_the_shortest_beginning_of_the_order_that_makes_usage_fit(pods, memory):
    cluster, view = full_node(*pods, memory=memory)
    left, expected = sum(usage for _, usage, _ in pods), []
    for row in slow_order(pods):
        if left <= memory:
            break
        if pods[row][1]:  # one that uses nothing relieves nothing
            expected.append(row)
            left -= pods[row][1]
    assert victims(cluster, view) == expected
    assert cluster.nodes.usage[1, 1] == left <= memory


def test_a_node_at_exactly_its_capacity_evicts_nobody_and_one_byte_more_evicts_one():
    assert victims(*full_node((100, 600, 0), (100, 400, 0))) == []
    assert victims(*full_node((100, 600, 0), (100, 401, 0))) == [0]


def test_a_node_that_has_gone_since_it_was_measured_is_passed_over():
    cluster, view = full_node((100, 2000, 0))
    cluster.update(facts.NodeRemoved("full"))
    assert victims(cluster, view) == []


# in a replay

SMALL = node("n0", memory=1000)


def test_it_evicts_at_the_moment_that_usage_exceeds_the_node_and_no_more_than_it_must():
    pods = [
        pod("a", 0, 100, memory=300, uses={0: 300, 7: 400, 9: 500}),
        pod("b", 1, 100, memory=300, uses={0: 300, 8: 301}),
        pod("c", 2, 100, memory=300, uses={0: 299}),
    ]
    run = play([SMALL], pods)
    # a: 400 from 7 on; b: 301 from 1 + 8 = 9 on, when a asks for 500: 500 + 301 + 299 > 1000, and without a it fits
    assert decisions(run)[3] == (9, "evict", "a", "n0")
    assert decisions(run)[4:] == [
        (19, "bind", "a", "n0"),
        (28, "evict", "a", "n0"),
        (48, "bind", "a", "n0"),
        (57, "evict", "a", "n0"),
        (97, "bind", "a", "n0"),
    ]
    assert attempts(run, "finished", "phase", "reason")["a", 0] == (9, "Failed", "Evicted")
    assert run.events.to_numpy().tolist()[0] == [us(9), "evict", "a", "Evicted"]


def test_nothing_is_evicted_at_exactly_the_capacity():
    run = play([SMALL], [pod("a", 0, 20, memory=400, uses={0: 400, 5: 600}), pod("b", 0, 20, memory=400)])
    assert first(run, "phase") == {"a": "Succeeded", "b": "Succeeded"}
    run = play([SMALL], [pod("a", 0, 20, memory=400, uses={0: 400, 5: 601}), pod("b", 0, 20, memory=400)])
    assert attempts(run, "finished", "reason")["a", 0] == (5, "Evicted")


def test_a_pod_without_a_curve_uses_what_it_requests():
    initial = [pod("a", 0, cpu=100, memory=600), pod("b", 0, cpu=50, memory=300, limits={"memory": 500})]
    run = play([SMALL], initial, measured=True, until=10)
    assert run.samples[["usage.cpu", "usage.memory"]].drop_duplicates().to_numpy().tolist() == [[150, 900]]


def test_without_measured_usage_nothing_is_evicted_or_used():
    run = play([SMALL], [pod("a", 0, 10, memory=900)])
    assert (run.samples["usage.memory"] == 0).all()


def test_the_victim_comes_back_after_ten_seconds_and_may_land_elsewhere():
    pods = [pod("a", 0, 60, memory=500, uses={0: 500, 5: 1001}), pod("b", 6, 60, memory=900)]
    run = play([SMALL, node("n1", memory=2000)], pods)
    assert attempts(run, "queued", "bound", "finished", "node", "reason") == {
        ("a", 0): (0, 0, 5, "n0", "Evicted"),
        ("a", 1): (15, 15, 75, "n1", ""),
        ("b", 0): (6, 6, 66, "n0", ""),
    }


def test_what_an_eviction_frees_goes_to_who_waits_at_that_instant():
    pods = [pod("a", 0, 50, memory=500, uses={0: 500, 5: 1001}), pod("w", 1, 3, memory=900)]
    run = play([SMALL], pods, until=6)
    assert decisions(run)[2:] == [(5, "evict", "a", "n0"), (5, "bind", "w", "n0")]


def test_an_eviction_is_settled_before_the_arrivals_of_that_instant():
    pods = [pod("a", 0, 50, memory=500, uses={0: 500, 5: 1001}), pod("new", 5, 3, memory=900)]
    run = play([SMALL], pods, until=6)
    assert decisions(run)[1:] == [(5, "evict", "a", "n0"), (5, "bind", "new", "n0")]


def test_a_pod_that_finishes_at_that_instant_is_not_evicted():
    run = play([SMALL], [pod("a", 0, 5, memory=500, uses={0: 500, 5: 1001}), pod("b", 0, 9, memory=10)])
    assert first(run, "phase", "finished") == {"a": ("Succeeded", 5), "b": ("Succeeded", 9)}


def test_the_back_off_doubles_and_after_the_limit_the_pod_has_failed():
    run = play([SMALL], [pod("a", 0, 100, memory=100, uses={0: 2000})])
    queued = [0, 10, 30, 70, 150, 310, 630]
    assert attempts(run, "queued", "started", "finished", "phase", "reason") == {
        ("a", k): (at, at, at, "Failed", "Evicted") for k, at in enumerate(queued)
    }
    told = [[us(at), "evict", "a", "Evicted"] for at in queued]
    assert run.events.to_numpy().tolist() == [*told, [us(630), "fail", "a", "BackoffLimitExceeded"]]
    assert run.manifest["end"] == us(630)


def test_a_jobs_back_off_is_capped_at_six_minutes():
    cluster, view = full_node((0, 10, 0))
    delays = []
    for attempt in range(1, 10):
        cluster.pods.attempt[0] = attempt
        (answer,) = Job(limit=8).handle(us(7), [Event(us(7), EVICTED, 0)], view)
        if isinstance(answer, Event):
            assert (answer.kind, answer.subject) == (SUBMITTED, 0)
            delays.append((answer.time - us(7)) / us(1))
    assert delays == [10, 20, 40, 80, 160, 320, 360, 360]
    assert answer == facts.PodEnded(0, succeeded=False, reason="BackoffLimitExceeded")


def test_usage_of_other_resources_evicts_nobody():
    run = play([node("n0", cpu=100)], [pod("a", 0, 10, cpu=100, memory=10, uses={0: (5000, 10)})])
    assert first(run, "phase") == {"a": "Succeeded"}


def test_an_evicted_pod_runs_its_curve_anew():
    curve = {0: 100, 20: 1001, 30: 100}
    run = play([SMALL], [pod("a", 0, 25, memory=100, uses=curve)], [(19, "remove", "n0"), (19.5, "add", "n0")])
    # lost at 19, before its curve rises; started at 29, evicted at 29 + 20, and so on
    found = attempts(run, "started", "finished", "reason")
    assert [found["a", k] for k in range(3)] == [(0, 19, "NodeLost"), (29, 49, "Evicted"), (69, 89, "Evicted")]


def test_a_later_attempt_does_not_go_on_with_the_curve_of_an_earlier_one():
    pods = [pod("a", 0, 40, memory=100, uses={0: 100, 30: 1001})]
    run = play([SMALL], pods, [(5, "remove", "n0"), (6, "add", "n0")], until=50)
    # lost at 5 and started anew at 15, it would exceed the node at 30 by its first curve, at 45 by its own
    assert attempts(run, "started", "finished")["a", 1] == (15, 45)


def test_a_pod_that_still_reads_is_spared():
    data = DataSet("d", 10 * GIB, (("zone", "far"),))
    pods = [pod("reads", 0, 5, memory=100, priority=-1, reads=0), pod("runs", 0, 50, memory=100, uses={0: 9, 5: 1001})]
    run = play([SMALL], pods, datasets=[data], until=6)
    assert decisions(run)[2:] == [(5, "evict", "runs", "n0")]  # of higher priority, but the other uses nothing yet


def test_on_a_generated_workload_no_node_is_left_above_its_memory():
    workload = generate(pods=300, nodes=6, seed=2, load=1.1, growth=0.8)
    run = replay(workload, "best_fit", check=True)
    evicted = run.pods[run.pods["reason"] == "Evicted"]
    assert len(evicted) > 5
    assert (run.samples["usage.memory"] <= run.samples["alloc.memory"]).all()
    assert np.isin(evicted["phase"], ["Failed"]).all()
    assert run.pods.groupby("pod")["attempt"].max().max() > 0


@pytest.mark.parametrize("scheduler", ["best_fit", "worst_fit"])
def test_evictions_are_told_alike_by_pods_decisions_and_events(scheduler):
    workload = generate(pods=300, nodes=6, seed=2, load=1.1, growth=0.8)
    run = replay(workload, scheduler)
    rows = run.pods[run.pods["reason"] == "Evicted"]
    by_pods = sorted(zip(rows["finished"], rows["pod"], rows["attempt"], rows["node"], strict=True))
    told = run.decisions[run.decisions["verb"] == "evict"]
    by_decisions = sorted(zip(told["time"], told["pod"], told["attempt"], told["node"], strict=True))
    assert by_pods == by_decisions != []
    events = run.events[run.events["kind"] == "evict"]
    assert sorted(zip(events["time"], events["subject"], strict=True)) == sorted(
        zip(rows["finished"], rows["name"], strict=True)
    )
