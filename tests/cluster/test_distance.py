"""How far each node is from a data set."""

import pytest
from tiny import node

from schedlab import Cluster
from schedlab.cluster.facts import NodeAdded, NodeRemoved
from schedlab.objects.dataset import DataSet
from schedlab.objects.node import RACK, ZONE


def place(zone: str, rack: str) -> dict[str, str]:
    return {ZONE: zone, RACK: rack}


def cluster(*replicas: tuple[str, str]) -> Cluster:
    nodes = [
        node("a", labels=place("z1", "r1")),
        node("b", labels=place("z1", "r1")),
        node("c", labels=place("z1", "r2")),
        node("d", labels=place("z2", "r3")),
        node("bare"),
    ]
    return Cluster(nodes, datasets=[DataSet("d", 100, replicas)])


@pytest.mark.parametrize(
    ("replicas", "distances"),
    [
        ([("node", "a")], [0, 1, 2, 3, 3]),
        ([("rack", "r1")], [1, 1, 3, 3, 3]),  # of which zone is not said
        ([("zone", "z1")], [2, 2, 2, 3, 3]),
        ([("node", "a"), ("node", "d")], [0, 1, 2, 0, 3]),
        ([("rack", "r1"), ("zone", "z1")], [1, 1, 2, 3, 3]),
        ([("node", "bare")], [3, 3, 3, 3, 0]),  # without labels it is in nobody's rack
        ([("node", "elsewhere"), ("zone", "z9")], [3, 3, 3, 3, 3]),
        ([], [3, 3, 3, 3, 3]),
    ],
)
def test_the_nearest_replica_counts(replicas: list[tuple[str, str]], distances: list[int]) -> None:
    assert cluster(*replicas).distance(0).tolist() == distances


def test_distances_follow_the_nodes() -> None:
    made = cluster(("node", "a"))
    made.distance(0)
    made.update(NodeAdded(node("e", labels=place("z1", "r1"))))
    assert made.distance(0).tolist() == [0, 1, 2, 3, 3, 1]
    made.update(NodeRemoved("b"))
    assert [each.metadata.name for each in made.nodes.nodes] == ["a", "e", "c", "d", "bare"]
    assert made.distance(0).tolist() == [0, 1, 2, 3, 3]
    made.update(NodeRemoved("a"))  # with its copy
    assert made.distance(0).tolist() == [3, 3, 3, 3]
