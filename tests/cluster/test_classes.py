"""Pod classes: who is like whom."""

import msgspec
import pytest
from tiny import GIB, evict, node, pod

from schedlab import Cluster
from schedlab.cluster.classes import UNPLACEABLE
from schedlab.cluster.invariants import check
from schedlab.objects import ObjectMeta, Pod, Toleration


def test_pods_that_differ_only_in_name_share_a_class() -> None:
    cluster = Cluster([node("a")], [pod("p", cpu=100), pod("q", cpu=100), pod("r", cpu=100, on="a")])
    assert cluster.pods.cls[:3].tolist() == [0, 0, 0]
    assert len(cluster.classes) == 1


@pytest.mark.parametrize(
    ("other", "facet"),
    [
        (pod(cpu=101), "requests"),
        (pod(cpu=100, limits={"cpu": 200}), "requests"),
        (pod(cpu=100, memory=0), "requests"),  # an explicit zero is not the default
        (pod(cpu=100, tolerations=[Toleration(operator="Exists")]), "placement"),
        (pod(cpu=100, labels={"app": "db"}), "labels"),
        (pod(cpu=100, priority=1), "priority"),
    ],
)
def test_pods_that_a_rule_may_tell_apart_differ_in_that_facet_alone(other: Pod, facet: str) -> None:
    cluster = Cluster()
    one, two = cluster.classify(pod(cpu=100)), cluster.classify(other)
    assert one.index != two.index
    assert [name for name in one.facets._fields if getattr(one.facets, name) != getattr(two.facets, name)] == [facet]


def test_pods_of_other_namespaces_are_placed_by_other_rules() -> None:
    cluster, one = Cluster(), pod(cpu=100)
    other = msgspec.structs.replace(one, metadata=ObjectMeta(name="p", namespace="other"))
    assert cluster.classify(one).facets.peers != cluster.classify(other).facets.peers


def test_no_priority_is_priority_0() -> None:
    cluster = Cluster()
    assert cluster.classify(pod(priority=0)) is cluster.classify(pod())


def test_a_class_knows_its_vectors() -> None:
    cluster = Cluster([node("a")])
    cls = cluster.classify(pod(memory=GIB, limits={"cpu": 500}, gpus=2))
    vectors = cls.vectors(cluster.nodes.resources)
    assert vectors.requests[:, 0].tolist() == [500, GIB, 0, 1, 2]  # a limit without a request is one
    assert vectors.limits.tolist() == [500, 0, 0, 0, 0]
    assert vectors.score_requests[:, 0].tolist() == [500, GIB]
    assert vectors.sums.tolist() == [*vectors.requests[:, 0], 500, GIB, *vectors.limits]


def test_vectors_grow_with_the_resources() -> None:
    cluster = Cluster([node("a")])
    cls = cluster.classify(pod(cpu=500))
    assert cls.vectors(cluster.nodes.resources).requests.shape == (4, 1)
    cluster.classify(pod(gpus=1))
    assert cls.vectors(cluster.nodes.resources).requests[:, 0].tolist() == [500, 0, 0, 1, 0]


def test_a_request_above_every_capacity_is_cut_and_leaves_no_trace_when_it_goes() -> None:
    huge = pod("huge", memory=2**62, limits={"memory": 2**62}, on="a")
    cluster = Cluster([node("a")], [pod("small", cpu=7, memory=3, on="a"), huge])
    assert cluster.nodes.used[1, 0] == UNPLACEABLE + 3
    check(cluster)
    evict(cluster, 1)
    assert cluster.nodes.used[:2, 0].tolist() == [7, 3]
    assert cluster.nodes.used_nonzero[:, 0].tolist() == [7, 3]
    assert cluster.nodes.limits[1, 0] == 0
    check(cluster)
