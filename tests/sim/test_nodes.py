"""Nodes that come, go and are cordoned."""

import pytest
from worlds import GIB, attempts, decisions, first, node, play, pod, us

from schedlab import filter
from schedlab.errors import InputError

N0, N1, N2, N3 = (node(f"n{i}") for i in range(4))


def happenings(run):
    return [(time / 1e6, kind, subject) for time, kind, subject, _ in run.events.to_numpy().tolist()]


def lives(run):
    """Return (node, added, removed) in seconds."""
    rows = run.tables["nodes"].to_pylist()
    return [(r["node"], r["added"] / 1e6, None if r["removed"] is None else r["removed"] / 1e6) for r in rows]


def test_a_pod_that_waits_takes_the_node_that_joins_at_that_instant():
    run = play([N0, N1], [pod("a", 0, 50, cpu=1000), pod("b", 1, 5, cpu=1000)], [(7, "add", "n1")])
    assert decisions(run) == [(0, "bind", "a", "n0"), (1, "wait", "b", None), (7, "bind", "b", "n1")]
    assert run.decisions["reason"][1] == "0/1 nodes are available: 1 Insufficient cpu."
    assert lives(run) == [("n0", 0, None), ("n1", 7, None)]
    assert happenings(run) == [(7, "add", "n1")]


def test_a_node_that_joins_goes_to_who_waited_though_another_arrives_at_that_instant():
    pods = [pod("a", 0, 50, cpu=1000), pod("old", 1, 50, cpu=900, priority=5), pod("new", 7, 50, cpu=800)]
    run = play([N0, N1], pods, [(7, "add", "n1")])
    assert first(run, "bound") == {"a": 0, "old": 7, "new": 50}


def test_a_node_that_leaves_loses_its_pods_and_they_come_back_for_their_full_duration():
    pods = [pod("a", 0, 8, cpu=600), pod("b", 0, 8, cpu=300), pod("c", 1, 30, cpu=600)]
    run = play([N0, N1], pods, [(5, "remove", "n0")])
    columns = ("queued", "bound", "started", "finished", "node", "phase", "reason")
    assert attempts(run, *columns) == {
        ("a", 0): (0, 0, 0, 5, "n0", "Failed", "NodeLost"),
        ("a", 1): (15, 31, 31, 39, "n1", "Succeeded", ""),
        ("b", 0): (0, 0, 0, 5, "n0", "Failed", "NodeLost"),
        ("b", 1): (15, 15, 15, 23, "n1", "Succeeded", ""),
        ("c", 0): (1, 1, 1, 31, "n1", "Succeeded", ""),
    }
    assert happenings(run) == [(5, "remove", "n0"), (5, "lost", "a"), (5, "lost", "b")]
    assert lives(run) == [("n0", 0, 5), ("n1", 0, None)]
    verbs = [(15, "wait", "a", None), (15, "bind", "b", "n1"), (31, "bind", "a", "n1")]
    assert decisions(run)[3:] == verbs  # being lost is no decision


def test_a_pod_that_finishes_when_its_node_leaves_has_finished():
    run = play([N0], [pod("a", 0, 5, cpu=600)], [(5, "remove", "n0")])
    assert first(run, "finished", "phase", "reason") == {"a": (5, "Succeeded", "")}


def test_the_back_off_doubles_and_after_six_retries_the_pod_has_failed():
    leaves = [0.5, 11, 32, 73, 154, 315, 636]  # each a moment after the pod came back
    events = [(t, kind, "n0") for leave in leaves for t, kind in ((leave, "remove"), (leave + 1, "add"))]
    run = play([N0], [pod("a", 0, 100, cpu=1000)], events)
    queued = [0, 10.5, 31, 72, 153, 314, 635]  # 10, 20, 40, 80, 160, 320 s after each loss
    assert attempts(run, "queued", "finished", "phase") == {
        ("a", k): (queued[k], leaves[k], "Failed") for k in range(7)
    }
    fails = run.events[run.events["kind"] == "fail"]
    assert fails.to_numpy().tolist() == [[us(636), "fail", "a", "BackoffLimitExceeded"]]


def test_a_cordoned_node_keeps_its_pods_and_takes_no_more_until_it_is_uncordoned():
    pods = [pod("a", 0, 20, cpu=100), pod("b", 5, 20, cpu=100)]
    run = play([N0], pods, [(4, "cordon", "n0"), (9, "uncordon", "n0")])
    assert first(run, "bound", "finished", "phase") == {"a": (0, 20, "Succeeded"), "b": (9, 29, "Succeeded")}
    assert run.decisions["reason"][1] == "0/1 nodes are available: 1 node(s) were unschedulable."
    assert happenings(run) == [(4, "cordon", "n0"), (9, "uncordon", "n0")]
    assert lives(run) == [("n0", 0, None)]


def test_a_node_cordoned_as_a_pod_arrives_does_not_get_it():
    run = play([N0, N1], [pod("a", 4, 20, cpu=100)], [(4, "cordon", "n0")])
    assert first(run, "node") == {"a": "n1"}


def test_what_frees_up_on_a_cordoned_node_helps_nobody():
    pods = [pod("a", 0, 10, cpu=1000), pod("b", 1, 5, cpu=1000)]
    run = play([N0], pods, [(2, "cordon", "n0"), (30, "uncordon", "n0")])
    assert first(run, "bound") == {"a": 0, "b": 30}


def test_a_node_that_comes_back_under_its_name_is_a_new_one_and_last_in_rank():
    pods = [pod("a", 0, 3, cpu=600), pod("b", 25, 3, cpu=600), pod("c", 25, 3, cpu=600), pod("d", 25, 3, cpu=600)]
    run = play([N0, N1, N2], pods, [(1, "remove", "n0"), (20, "add", "n0")])
    assert lives(run) == [("n0", 0, 1), ("n1", 0, None), ("n2", 0, None), ("n0", 20, None)]
    expected = {("a", 0): "n0", ("a", 1): "n1", ("b", 0): "n1", ("c", 0): "n2", ("d", 0): "n0"}
    assert attempts(run, "node") == expected
    assert run.pods["node"].tolist() == list(expected.values())
    assert run.decisions["node"].tolist() == list(expected.values())


def test_a_node_replaced_at_one_instant_is_empty():
    pods = [pod("a", 0, 30, cpu=1000), pod("b", 5, 1, cpu=1000)]
    run = play([N0], pods, [(5, "remove", "n0"), (5, "add", "n0")])
    assert attempts(run, "bound", "reason") == {("a", 0): (0, "NodeLost"), ("a", 1): (15, ""), ("b", 0): (5, "")}


def test_a_node_cordoned_before_it_left_comes_back_open():
    run = play([N0], [pod("a", 5, 1)], [(1, "cordon", "n0"), (2, "remove", "n0"), (3, "add", "n0")])
    assert first(run, "bound") == {"a": 5}


@pytest.mark.parametrize("scheduler", ["first_fit", "best_fit", "worst_fit", "kubernetes"])
def test_after_a_removal_equal_nodes_are_still_taken_by_rank(scheduler):
    nodes = [N0, N1, N2, N3, node("n4")]
    pods = [pod(f"p{i}", 5, cpu=1000, memory=GIB) for i in range(4)]
    run = play(nodes, pods, [(1, "remove", "n1")], scheduler=scheduler)
    assert first(run, "node") == {"p0": "n0", "p1": "n2", "p2": "n3", "p3": "n4"}


def test_with_every_node_gone_pods_wait_for_one():
    run = play([N0], [pod("a", 2, 1)], [(1, "remove", "n0"), (9, "add", "n0")])
    assert decisions(run) == [(2, "wait", "a", None), (9, "bind", "a", "n0")]


def test_a_pod_that_waits_for_another_to_go_is_tried_when_that_one_is_lost():
    @filter
    def alone(pod, nodes):
        return [not len(nodes.cluster.pods.bound())] * len(nodes)

    pods = [pod("a", 0, 50), pod("b", 1, 3)]
    run = play([N0, N1], pods, [(5, "remove", "n0")], scheduler=alone)
    assert attempts(run, "bound")["b", 0] == 5


def test_a_resource_that_only_a_later_node_has_is_in_all_tables_from_the_start():
    gpus = node("gpus", **{"nvidia.com/gpu": 4})
    run = play([N0, gpus], [pod("a", 0, 10, cpu=100)], [(5, "add", "gpus")])
    assert run.manifest["resources"] == ["cpu", "memory", "ephemeral-storage", "nvidia.com/gpu"]
    assert run.nodes["alloc.nvidia.com/gpu"].tolist() == [0, 4]
    offered = run.samples.set_index("time")["alloc.nvidia.com/gpu"]
    assert (set(offered.loc[: us(5) - 1]), set(offered.loc[us(5) :])) == ({0}, {4})


@pytest.mark.parametrize(
    ("event", "line"),
    [
        ((3, "reboot", "n0"), "at 3 s 'reboot' happens to node 'n0'; write one of add, remove, cordon, uncordon,"),
        ((3, "add", "n9"), "at 3 s 'add' happens to node 'n9'; write one of add, remove, cordon, uncordon,"),
    ],
)
def test_a_node_event_that_means_nothing_is_refused(event, line):
    with pytest.raises(InputError) as refusal:
        play([N0], [pod("a")], [event])
    assert str(refusal.value).startswith(line)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("events", "line"),
    [
        ([(3, "remove", "n0"), (4, "cordon", "n0")], "there is no node 'n0' now"),
        ([(3, "cordon", "n0"), (4, "add", "n0")], "node 'n0' exists already"),
    ],
)
def test_an_event_that_contradicts_the_one_before_is_refused(events, line):
    with pytest.raises(InputError, match=line):
        play([N0], [pod("a")], events)
