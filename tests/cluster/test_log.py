"""The change log: which nodes changed since a reader last looked."""

from typing import Any

from tiny import bind, evict, node, pod

from schedlab import Cluster
from schedlab.cluster.facts import NodeAdded, NodeCordoned, NodeRemoved, PodEnded, UsageSampled
from schedlab.cluster.log import SPEC, USAGE, USED


def cluster() -> Cluster:
    return Cluster([node("a"), node("b"), node("c")], [pod("p", on="a"), pod("q")])


def test_what_happened_is_listed_by_column_group() -> None:
    made = cluster()
    start = made.log.cursor()
    assert made.log.since(start) == set()
    bind(made, 1, "c")
    made.update(UsageSampled(0, 5.0, 5.0))
    made.update(NodeCordoned("b", unschedulable=True))
    assert made.log.since(start) == {0, 1, 2}
    assert made.log.since(start, USED) == {2}
    assert made.log.since(start, USAGE) == {0}
    assert made.log.since(start, SPEC) == {1}
    assert made.log.since(start, SPEC | USED) == {1, 2}


def test_a_reader_sees_what_came_after_its_cursor() -> None:
    made = cluster()
    bind(made, 1, "c")
    later = made.log.cursor()
    evict(made, 0)
    assert made.log.since(later) == {0}
    made.update(PodEnded(1, succeeded=True))
    assert made.log.since(later) == {0, 2}
    assert made.log.since(made.log.cursor()) == set()


def test_a_refused_plan_leaves_nothing_in_it() -> None:
    made = cluster()
    start = made.log.cursor()
    bind(made, 0, "c")
    assert made.log.since(start) == set()


def test_after_a_change_of_structure_old_readers_start_afresh() -> None:
    changes: list[Any] = [
        lambda made: made.update(NodeAdded(node("d"))),
        lambda made: made.update(NodeRemoved("b")),
        lambda made: made.add_pods([pod("g", gpus=1)]),
    ]
    for change in changes:
        made = cluster()
        start = made.log.cursor()
        bind(made, 1, "c")
        change(made)
        assert made.log.since(start) is None
        assert made.log.since(made.log.cursor()) == set()


def test_pods_of_known_resources_change_no_structure() -> None:
    made = cluster()
    start = made.log.cursor()
    made.add_pods([pod("r", cpu=5)])
    assert made.log.since(start) == set()
