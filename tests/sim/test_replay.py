"""Replay: who runs where and when, told in literal times."""

import dataclasses

import numpy as np
import pytest
from msgspec.structs import replace
from worlds import SECOND, attempts, decisions, first, node, play, pod, us, world

from schedlab.errors import InputError
from schedlab.sim import replay
from schedlab.sim.replay import cluster_of
from schedlab.workload import DataSet

N0, N1 = node("n0"), node("n1")


def cycles(run):
    return run.manifest["timings"]["decisions"]


def test_pods_arrive_are_bound_run_and_finish():
    run = play([N0, N1], [pod("a", 0, 10, cpu=600), pod("b", 1.5, 4, cpu=600), pod("c", 2, 1, cpu=400)])
    assert decisions(run) == [(0, "bind", "a", "n0"), (1.5, "bind", "b", "n1"), (2, "bind", "c", "n0")]
    assert first(run, "submit", "queued", "bound", "started", "finished", "node", "phase", "reason") == {
        "a": (0, 0, 0, 0, 10, "n0", "Succeeded", ""),
        "b": (1.5, 1.5, 1.5, 1.5, 5.5, "n1", "Succeeded", ""),
        "c": (2, 2, 2, 2, 3, "n0", "Succeeded", ""),
    }
    assert run.manifest["end"] == us(10)


def test_a_pod_that_does_not_fit_starts_at_the_very_microsecond_that_something_frees_up():
    run = play([N0], [pod("a", 0, 7.000001, cpu=600), pod("b", 1, 2, cpu=600)])
    assert decisions(run) == [(0, "bind", "a", "n0"), (1, "wait", "b", None), (7.000001, "bind", "b", "n0")]
    assert run.pods["started"].tolist() == [0, 7_000_001]
    assert run.pods["finished"].tolist() == [7_000_001, 9_000_001]


def test_pods_of_one_class_are_served_in_the_order_they_came():
    pods = [pod(name, at, 10, cpu=1000) for at, name in enumerate("abcd")]
    assert first(play([N0], pods), "bound") == {"a": 0, "b": 10, "c": 20, "d": 30}


def test_of_two_classes_the_one_that_waits_longer_goes_first():
    pods = [pod("a", 0, 10, cpu=1000), pod("small", 2, 10, cpu=700), pod("large", 1, 10, cpu=900)]
    assert first(play([N0], pods), "bound") == {"a": 0, "large": 10, "small": 20}


def test_a_class_that_waits_longer_goes_on_being_first_only_while_its_oldest_pod_is_older():
    pods = [pod("a", 0, 10, cpu=1000), pod("x1", 1, 10, cpu=700), pod("y1", 2, 10, cpu=900), pod("x2", 3, 10, cpu=700)]
    assert first(play([N0], pods), "bound") == {"a": 0, "x1": 10, "y1": 20, "x2": 30}


def test_a_higher_priority_goes_first_though_it_came_last():
    late = pod("late", 3, 10, cpu=1000, priority=7)
    pods = [pod("a", 0, 10, cpu=1000), pod("b", 1, 10, cpu=1000), pod("below", 2, 10, cpu=1000, priority=-1), late]
    assert first(play([N0], pods), "bound") == {"a": 0, "late": 10, "b": 20, "below": 30}


def test_priority_decides_among_pods_of_one_instant():
    pods = [pod("low", 1, 10, cpu=1000), pod("high", 1, 10, cpu=1000, priority=1)]
    run = play([N0], pods)
    assert decisions(run) == [(1, "bind", "high", "n0"), (1, "wait", "low", None), (11, "bind", "low", "n0")]


def test_pods_of_one_instant_are_scheduled_in_file_order():
    pods = [pod(name, 1, 10, cpu=cpu) for name, cpu in (("c", 400), ("a", 400), ("b", 300), ("d", 400))]
    expected = [("c", "n0"), ("a", "n0"), ("b", "n1"), ("d", "n1")]
    assert decisions(play([N0, N1], pods)) == [(1, "bind", name, where) for name, where in expected]


def test_a_big_class_waits_while_a_small_one_passes():
    pods = [pod("a", 0, 10, cpu=600), pod("big", 1, 5, cpu=600), pod("small", 2, 3, cpu=400)]
    run = play([N0], pods)
    assert decisions(run)[1:] == [(1, "wait", "big", None), (2, "bind", "small", "n0"), (10, "bind", "big", "n0")]


def test_a_class_that_failed_is_not_tried_again_in_the_same_round():
    holders = [pod("a", 0, 10, cpu=400), pod("b", 0, 20, cpu=600)]
    waiting = [pod(f"w{i}", 1 + i, cpu=600) for i in range(3)]
    run = play([N0], [*holders, *waiting])
    # a, b, w0 at 1 (w1 and w2 are of a class known to fail); w0 again at 10; at 20 w0 is bound and w1 fails for all
    assert cycles(run) == 6
    assert decisions(run)[2:] == [(1, "wait", "w0", None), (20, "bind", "w0", "n0"), (20, "wait", "w1", None)]
    assert first(run, "bound", "phase")["w2"] == (None, "Pending")


def test_a_class_that_what_was_freed_cannot_help_is_not_tried_at_all():
    nodes = [node(f"n{i}") for i in range(4)]
    small = [pod(f"s{i}", 0, 10 + i, cpu=300) for i in range(4)]
    large = [pod(f"l{i}", 0, 20, cpu=700) for i in range(4)]
    run = play(nodes, [*small, *large, pod("w", 1, 5, cpu=500)], scheduler="worst_fit")
    assert cycles(run) == 10  # each pod once, and w again at 20; four small pods left before, each from another node
    assert first(run, "bound")["w"] == 20


def test_when_what_was_freed_is_taken_again_the_others_that_woke_are_not_tried():
    nodes = [node(f"n{i}") for i in range(8)]
    holders = [pod(f"h{i}", 0, 10 if i == 3 else 50, cpu=1000) for i in range(8)]
    waiting = [pod("w0", 1, cpu=1000), pod("w1", 2, cpu=1000), pod("v", 3, cpu=900)]
    run = play(nodes, [*holders, *waiting], until=11)
    assert first(run, "bound")["w0"] == 10
    assert cycles(run) == 8 + 2 + 1  # holders; w0 and v in vain; w0 again at 10, which leaves w1 and v no hope


def test_a_pod_that_fits_nowhere_stays_pending_with_one_decision_and_the_reason():
    run = play([N0, N1], [pod("a", 0, 5, cpu=500), pod("huge", 1, cpu=1001), pod("b", 2, 2, cpu=100)])
    waits = run.decisions[run.decisions["verb"] == "wait"]
    assert waits[["time", "pod", "attempt", "reason"]].to_numpy().tolist() == [
        [us(1), 1, 0, "0/2 nodes are available: 2 Insufficient cpu."]
    ]
    assert first(run, "bound", "started", "finished", "node", "phase")["huge"] == (None, None, None, None, "Pending")


def test_the_reason_counts_each_node_with_what_it_lacks():
    nodes = [node("n0", cpu=100), node("n1", memory=100), node("n2", cpu=100, memory=100), node("n3", pods=0)]
    run = play(nodes, [pod("a", cpu=200, memory=200)])
    expected = "0/4 nodes are available: 1 Too many pods, 2 Insufficient cpu, 2 Insufficient memory."
    assert run.decisions["reason"].tolist() == [expected]


def test_completions_release_before_the_arrivals_of_that_instant_are_scheduled():
    run = play([N0], [pod("a", 0, 10, cpu=1000), pod("b", 10, 5, cpu=1000)])
    assert decisions(run) == [(0, "bind", "a", "n0"), (10, "bind", "b", "n0")]


def test_who_waits_goes_before_who_arrives_when_something_frees_up():
    run = play([N0], [pod("a", 0, 10, cpu=1000), pod("w", 1, 5, cpu=900), pod("new", 10, 5, cpu=1000)])
    assert first(run, "bound") == {"a": 0, "w": 10, "new": 15}


def test_all_completions_of_an_instant_release_before_anything_is_scheduled():
    holders = [pod("a", 0, 10, cpu=500), pod("b", 0, 10, cpu=500)]
    run = play([N0], [*holders, pod("small", 2, 5, cpu=200), pod("large", 1, 5, cpu=900)])
    assert first(run, "bound") == {"a": 0, "b": 0, "large": 10, "small": 15}


def test_a_pod_without_a_duration_never_finishes_and_the_run_ends_without_it():
    run = play([N0], [pod("a", 0, cpu=1000), pod("b", 3, 5, cpu=1000)])
    assert run.manifest["end"] == us(3)
    assert first(run, "bound", "finished", "phase") == {"a": (0, None, "Running"), "b": (None, None, "Pending")}


def test_the_horizon_stops_the_run():
    pods = [pod("a", 0, 10, cpu=500), pod("b", 1, 9.000001, cpu=500), pod("c", 10, 1), pod("d", 10.000001, 1)]
    run = play([N0], pods, horizon=10)
    assert (run.manifest["end"], run.manifest["horizon"]) == (us(10), us(10))
    assert first(run, "started", "finished", "phase") == {
        "a": (0, 10, "Succeeded"),
        "b": (1, None, "Running"),
        "c": (10, None, "Running"),
    }
    assert run.manifest["pods"] == 4


def test_until_goes_before_the_horizon_in_both_directions():
    pods = [pod("a", 0, 10, cpu=500), pod("b", 20, 5)]
    assert first(play([N0], pods, horizon=15, until=5), "finished") == {"a": None}
    longer = play([N0], pods, horizon=15, until=100)
    assert first(longer, "finished") == {"a": 10, "b": 25}
    assert longer.manifest["end"] == us(100)


def test_a_trace_without_a_horizon_ends_with_its_last_event():
    run = play([N0], [pod("a", 0, 10, cpu=1000), pod("b", 0, 10, cpu=1000), pod("c", 1, 10, cpu=1000)])
    assert (run.manifest["end"], run.manifest["horizon"]) == (us(30), None)


def test_extended_resources_and_the_number_of_pods_bind_too():
    gpu = {"nvidia.com/gpu": 2}
    nodes = [node("plain", pods=2), node("gpu", **gpu)]
    pods = [pod("a"), pod("b"), pod("c"), pod("d", **gpu), pod("e", 1, **gpu)]
    run = play(nodes, pods)
    assert first(run, "node") == {"a": "plain", "b": "plain", "c": "gpu", "d": "gpu", "e": None}
    reasons = "0/2 nodes are available: 1 Too many pods, 2 Insufficient nvidia.com/gpu."
    assert run.decisions["reason"].tolist()[-1] == reasons


def test_the_shortest_pods_follow_each_other_microsecond_by_microsecond():
    run = play([N0], [pod(f"p{i}", 0, 0.000001, cpu=1000) for i in range(300)])
    assert run.pods["bound"].tolist() == list(range(300))


def test_every_row_of_the_world_reaches_the_record():
    run = play([N0], [pod("a", 1, 2, cpu=300, memory=5, priority=4, initial=True), pod("b", 1, 2, cpu=301)])
    columns = ("pod", "template", "priority", "initial", "req.cpu", "req.memory")
    assert first(run, *columns) == {"a": (0, 0, 4, True, 300, 5), "b": (1, 1, 0, False, 301, 0)}
    assert run.manifest["initial"] == 1
    assert attempts(run, "reason") == {("a", 0): "", ("b", 0): ""}


@pytest.mark.parametrize(("nodes", "pods", "lacks"), [([], [pod("a")], "nodes"), ([N0], [], "pods")])
def test_a_workload_without_nodes_or_pods_is_refused(nodes, pods, lacks):
    with pytest.raises(InputError, match=f"^workload 'tiny' has no {lacks}$"):
        replay(world(nodes, pods))


def test_a_curve_that_is_longer_than_its_pod_does_not_prolong_the_run():
    assert play([N0], [pod("a", 0, 5, uses={0: 1, 800: 2})]).manifest["end"] == us(5)


def test_a_run_ends_with_what_happens_last_not_with_what_would_have_happened():
    data = DataSet("d", 10**15, (("node", "n1"),))
    pods = [pod("a", 0, 1000, uses={0: 1, 900: 2}), pod("b", 0, 1000, reads=0), pod("c", 1, 5)]
    events = [(3, kind, "n0") for kind in ("cordon", "remove")]
    run = play([N0], pods, events, datasets=[data])
    assert run.manifest["end"] == us(13)  # when the three that were lost come back, in vain
    assert run.samples["time"].max() <= us(13)


def test_policies_know_walltimes_tenants_and_gangs_but_not_durations():
    made = world([N0], [pod("a", 0, 10, cpu=100), pod("b", 0, 20, cpu=100), pod("c", 1, 30, cpu=100)])
    timed = replace(made.templates[0], spec=replace(made.templates[0].spec, active_deadline_seconds=40))
    columns = dataclasses.replace(
        made.pods,
        walltime=np.array([50 * SECOND, -1, 60 * SECOND]),
        tenant=np.array([1, -1, 0], np.int32),
        job=np.array([0, 0, 1], np.int32),
    )
    owners = {"tenants": ("x", "y"), "jobs": ("pair", "alone"), "min_available": np.array([2, 1], np.int32)}
    made = dataclasses.replace(made, templates=(timed,), pods=columns, **owners)
    cluster = cluster_of(made)
    assert cluster.pods.walltime.tolist() == [50 * SECOND, 40 * SECOND, 60 * SECOND]  # b's template says 40 s
    assert (cluster.pods.tenant.tolist(), cluster.pods.gang.tolist()) == ([1, -1, 0], [0, 0, -1])
    assert cluster.pods.tenants == {"x": 0, "y": 1}
    run = replay(made, "first_fit")
    assert run.tables["pods"]["walltime"].to_pylist() == [50 * SECOND, 40 * SECOND, 60 * SECOND]
    with pytest.raises(InputError, match="workload 'tiny': the job 'pair' needs 3 pods at once, and has 2; give a sm"):
        replay(dataclasses.replace(made, min_available=np.array([3, 1], np.int32)))
