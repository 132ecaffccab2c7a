"""Views: what plug-ins may see, and that they cannot change it."""

from typing import Any

import msgspec
import numpy as np
import pytest
from tiny import GIB, GPU, bind, node, pod, says

from schedlab import Cluster, ClusterView
from schedlab.cluster import ScopeError
from schedlab.cluster.facts import NodeAdded, NodeCordoned, NodeRemoved, PodQueued
from schedlab.cluster.node_views import Subset
from schedlab.objects import ObjectMeta
from schedlab.objects.dataset import DataSet

STATIC = ["allocatable", "uid", "rank", "unschedulable"]
LOCAL = ["used", "limits", "usage", "used_nonzero"]


def made() -> Cluster:
    pods = [pod("p", cpu=300, on="a"), pod("q", cpu=100, memory=GIB, priority=5, labels={"app": "db"})]
    return Cluster([node("a", labels={"disk": "ssd"}), node("b", cpu=2000), node("c")], pods)


def view(cluster: Cluster | None = None) -> ClusterView:
    return ClusterView(cluster or made(), seed=1)


@pytest.mark.parametrize("name", [*STATIC, *LOCAL, "feasible"])
def test_nodes_are_read_only(name: str) -> None:
    nodes = view().nodes()
    with pytest.raises(ValueError, match="read-only"):
        getattr(nodes, name)[...] = 0
    with pytest.raises(ValueError, match="read-only"):
        nodes.used["cpu"][0] = 0
    with pytest.raises(ValueError, match="read-only"):
        nodes.used -= 1


def test_a_pod_shows_what_its_submitter_said() -> None:
    timed = msgspec.structs.replace(pod("t"), spec=msgspec.structs.replace(pod().spec, active_deadline_seconds=90))
    other = msgspec.structs.replace(pod("o"), metadata=ObjectMeta(name="o", namespace="other"))
    cluster = Cluster([node("a")], [pod("p"), timed, other])
    seen = ClusterView(cluster)
    assert [seen.pod(row).walltime for row in range(3)] == seen.pods.walltime.tolist() == [-1, 90_000_000, -1]
    assert [seen.pod(row).tenant for row in range(3)] == [0, 0, 1]  # the namespaces
    assert cluster.pods.tenants == {"default": 0, "other": 1}
    assert [(seen.pod(row).deadline, seen.pod(row).gang) for row in range(3)] == [(-1, -1)] * 3
    for name in ("walltime", "deadline", "tenant", "gang"):
        with says(ScopeError, f"pod.{name} belongs to one pod, not to its class: declare scope='cluster'"):
            getattr(seen.pod(0).shared, name)


def test_labels_distances_and_pods_are_read_only() -> None:
    cluster = Cluster([node("a")], [pod("p")], [DataSet("d", 5, (("node", "a"),))])
    seen = ClusterView(cluster)
    for array in (
        seen.nodes().label("disk"),
        seen.distance(0),
        seen.pods.node,
        seen.pods.attempt,
        seen.pod(0).requests,
        seen.pod(0).score_requests,
        seen.pod(0).limits,
    ):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 1


@pytest.mark.parametrize("name", LOCAL)
def test_a_static_scope_does_not_see_what_pods_do_to_nodes(name: str) -> None:
    with says(ScopeError, f"nodes.{name} is not seen here: declare scope='node'"):
        getattr(view().nodes("static"), name)


@pytest.mark.parametrize("name", ["feasible", "cluster"])
@pytest.mark.parametrize("scope", ["static", "node"])
def test_narrow_scopes_do_not_see_the_whole(scope: Any, name: str) -> None:
    with says(ScopeError, f"nodes.{name} is not seen here: declare scope='cluster'"):
        getattr(view().nodes(scope), name)


@pytest.mark.parametrize("name", ["id", "name", "attempt", "dataset", "waiting", "uniform"])
def test_a_class_does_not_know_one_pod(name: str) -> None:
    with says(ScopeError, f"pod.{name} belongs to one pod, not to its class: declare scope='cluster'"):
        getattr(view().pod(1).shared, name)


def test_names_that_do_not_exist_are_plain_attribute_errors() -> None:
    with says(AttributeError, "nodes have no 'colour'"):
        _ = view().nodes().colour
    with says(AttributeError, "pods have no 'colour'"):
        _ = view().pod(0).colour


def test_a_pod_shows_its_class_and_itself() -> None:
    cluster = Cluster([node("a")])
    cluster.now = 100
    (row,) = cluster.add_pods([pod("q", cpu=100, memory=GIB, priority=5, labels={"app": "db"})])
    cluster.update(PodQueued(row))
    cluster.now = 130
    seen = ClusterView(cluster).pod(row)
    assert (seen.id, seen.name, seen.attempt, seen.dataset, seen.waiting) == (0, "q", 0, -1, 30)
    assert seen.requests[:, 0].tolist() == [100, GIB, 0, 1]
    assert (seen.priority, seen.labels) == (5, {"app": "db"})
    assert seen.spec.containers[0].name == "c"


def test_a_pods_random_numbers_go_with_the_node_not_with_its_place() -> None:
    pod_seen = view().pod(1)
    whole = pod_seen.uniform(np.array([0, 1, 2]))
    assert pod_seen.uniform(np.array([2, 0])).tolist() == whole[[2, 0]].tolist()
    assert ((whole >= 0) & (whole < 1)).all()
    assert view().pod(0).uniform(np.array([0, 1, 2])).tolist() != whole.tolist()


def test_views_follow_the_cluster() -> None:
    cluster = made()
    seen = view(cluster)
    nodes = seen.nodes()
    bind(cluster, 1, "b")
    assert nodes.used["cpu"].tolist() == [300, 100, 0]
    cluster.update(NodeCordoned("c", unschedulable=True))
    assert nodes.unschedulable.tolist() == [False, False, True]
    cluster.update(NodeAdded(node("d")))
    assert len(nodes) == 3
    assert len(seen.nodes()) == 4
    assert seen.nodes().used["cpu"].tolist() == [300, 100, 0, 0]


def test_a_resource_that_came_later_reads_as_zeros_in_an_old_view() -> None:
    cluster = made()
    seen = view(cluster)
    nodes, pod_seen = seen.nodes("node"), seen.pod(1)
    cluster.add_pods([pod("g", gpus=1)])
    assert nodes.allocatable[GPU].tolist() == nodes.used[GPU].tolist() == [0, 0, 0]
    assert pod_seen.requests[GPU].tolist() == [0]
    assert seen.nodes("node").allocatable.shape == (5, 3)
    assert nodes.allocatable.shape == (4, 3)


def test_an_unknown_resource_reads_as_zeros() -> None:
    assert view().nodes().allocatable["example.com/none"].tolist() == [0, 0, 0]


def test_arithmetic_on_rows_gives_plain_writeable_arrays() -> None:
    nodes = view().nodes()
    free = nodes.allocatable - nodes.used
    assert type(free) is np.ndarray
    free[0, 0] = 1
    assert nodes.allocatable["cpu"][0] == 4000
    assert type(nodes.used[:2]) is np.ndarray
    assert type(nodes.used.sum()) is np.float64


def test_pods_are_as_many_as_there_are() -> None:
    cluster = Cluster([node("a")], [pod("p", on="a")])
    cluster.add_pods([pod("q"), pod("r"), pod("s")])
    cluster.add_pods([pod("t")])
    pods = ClusterView(cluster).pods
    assert (len(pods), pods.node.tolist()) == (5, [0, -1, -1, -1, -1])
    assert [pods.name(row) for row in range(5)] == ["p", "q", "r", "s", "t"]
    assert pods.bound().tolist() == [0]


def test_the_view_tells_names_generations_and_who_is_where() -> None:
    cluster = made()
    seen = view(cluster)
    cluster.update(NodeCordoned("b", unschedulable=True))
    assert [seen.node_name(position) for position in range(3)] == ["a", "b", "c"]
    assert [seen.generation(position) for position in range(3)] == [0, 1, 0]
    assert seen.pods_on(0).tolist() == [0]
    assert seen.ranks == 3


def test_positions_follow_the_ranks_until_a_removal_moves_a_node() -> None:
    cluster = made()
    seen = view(cluster)
    assert seen.by_rank
    cluster.update(NodeRemoved("c"))
    assert seen.by_rank
    cluster.update(NodeAdded(node("d")))
    assert seen.by_rank
    cluster.update(NodeRemoved("a"))
    assert not seen.by_rank


def test_a_subset_shows_some_nodes_as_they_are() -> None:
    nodes = view().nodes()
    some = Subset(nodes, np.array([2, 0]))
    assert len(some) == 2
    assert some.used["cpu"].tolist() == [0, 300]
    assert some.uid.tolist() == [2, 0]
    assert some.label("disk").tolist() == [-1, 0]
    assert some.code("disk", "ssd") == 0
    with pytest.raises(ScopeError, match="declare scope='node'"):
        _ = Subset(view().nodes("static"), np.array([0])).used
    with pytest.raises(ValueError, match="read-only"):
        some.used["cpu"][0] = 1
