"""Facts: what `Cluster.update` takes note of."""

import msgspec
import pytest
from tiny import GIB, GPU, bind, column, evict, node, pod, says, where

from schedlab import Cluster, ClusterView, InputError
from schedlab.cluster.facts import NodeAdded, NodeCordoned, NodeRemoved, PodEnded, PodQueued, PodStarted, UsageSampled
from schedlab.cluster.invariants import check
from schedlab.cluster.pods import FAILED, PENDING, RUNNING, SUCCEEDED
from schedlab.objects import PodStatus


def three() -> Cluster:
    pods = [pod("pa", cpu=100, on="a"), pod("pb", cpu=200, on="b"), pod("pc", cpu=300, on="c"), pod("qc", on="c")]
    return Cluster([node("a"), node("b"), node("c", cpu=9000)], pods)


def test_a_removal_moves_the_last_node_into_the_hole_and_its_pods_follow() -> None:
    cluster = three()
    assert cluster.update(NodeRemoved("a")) == (0,)
    assert [each.metadata.name for each in cluster.nodes.nodes] == ["c", "b"]
    assert cluster.nodes.uid.tolist() == cluster.nodes.rank.tolist() == [2, 1]
    assert cluster.nodes.allocatable[0].tolist() == [9000, 4000]
    assert column(cluster, "cpu") == {"c": 300, "b": 200}
    assert where(cluster) == {"pa": None, "pb": "b", "pc": "c", "qc": "c"}
    assert cluster.pods_on(0).tolist() == [2, 3]
    assert (cluster.nodes.find("a"), cluster.nodes.find("b"), cluster.nodes.find("c")) == (None, 1, 0)
    check(cluster)


def test_the_pods_of_a_removed_node_are_lost_and_return_as_their_next_attempt() -> None:
    cluster = three()
    assert cluster.update(NodeRemoved("c")) == (2, 3)
    assert cluster.pods.attempt[:4].tolist() == [0, 0, 1, 1]
    assert cluster.pods.phase[:4].tolist() == [RUNNING, RUNNING, PENDING, PENDING]
    check(cluster)


def test_the_last_node_goes_and_another_comes() -> None:
    cluster = Cluster([node("a")], [pod("p", on="a")])
    assert cluster.update(NodeRemoved("a")) == (0,)
    assert len(cluster.nodes) == 0
    cluster.update(NodeAdded(node("b", cordoned=True)))
    assert cluster.nodes.unschedulable.tolist() == [True]
    assert cluster.nodes.unschedulable.dtype == bool
    bind(cluster, 0, "b")
    check(cluster)


def test_a_cluster_may_begin_without_nodes() -> None:
    cluster = Cluster()
    cluster.update(NodeAdded(node("a")))
    assert cluster.nodes.unschedulable.dtype == bool
    assert (~cluster.nodes.unschedulable).tolist() == [True]


def test_a_node_of_the_same_name_comes_back_as_another_and_empty() -> None:
    cluster = three()
    cluster.update(NodeRemoved("b"))
    cluster.update(NodeAdded(node("b")))
    assert [each.metadata.name for each in cluster.nodes.nodes] == ["a", "c", "b"]
    assert cluster.nodes.uid.tolist() == [0, 2, 3]
    assert cluster.nodes.rank.tolist() == [0, 2, 3]
    assert column(cluster, "cpu")["b"] == 0
    check(cluster)


def test_a_node_that_exists_is_not_added_and_nothing_changes() -> None:
    cluster = three()
    with says(InputError, "node 'b' exists already; give every node its own name"):
        cluster.add_nodes([node("d"), node("b")])
    with says(InputError, "node 'e' exists already; give every node its own name"):
        cluster.add_nodes([node("e"), node("e")])
    assert [each.metadata.name for each in cluster.nodes.nodes] == ["a", "b", "c"]
    check(cluster)


@pytest.mark.parametrize("fact", [NodeRemoved("x"), NodeCordoned("x", unschedulable=True)])
def test_a_fact_about_an_unknown_node_is_refused(fact: NodeRemoved | NodeCordoned) -> None:
    with says(InputError, "there is no node 'x' now; name a node that was added and not removed"):
        three().update(fact)


def test_a_cordon_is_a_change_of_the_nodes_spec() -> None:
    cluster = three()
    cluster.update(NodeCordoned("b", unschedulable=True))
    assert cluster.nodes.unschedulable.tolist() == [False, True, False]
    assert cluster.nodes.generation.tolist() == [0, 1, 0]
    cluster.update(NodeCordoned("b", unschedulable=False))
    assert cluster.nodes.unschedulable.tolist() == [False, False, False]
    assert cluster.nodes.generation.tolist() == [0, 2, 0]


def test_the_end_of_a_pod_frees_its_node_for_good() -> None:
    cluster = three()
    assert cluster.update(PodEnded(2, succeeded=True)) == (2,)
    assert column(cluster, "cpu") == {"a": 100, "b": 200, "c": 0}
    assert (cluster.pods.phase[2], cluster.pods.attempt[2]) == (SUCCEEDED, 0)
    check(cluster)


def test_a_pod_may_end_without_having_been_bound() -> None:
    cluster = Cluster([node("a")], [pod("p")])
    assert cluster.update(PodEnded(0, succeeded=False)) == ()
    assert cluster.pods.phase[0] == FAILED


def test_finished_pods_are_left_out_from_the_beginning() -> None:
    done = msgspec.structs.replace(pod("done", cpu=1000, on="a"), status=PodStatus(phase="Succeeded"))
    cluster = Cluster([node("a")], [done, pod("p", on="a")])
    assert where(cluster) == {"p": "a"}


def test_queueing_and_starting_are_noted() -> None:
    cluster = Cluster([node("a")], [pod("p")])
    cluster.now = 70
    cluster.update(PodQueued(0))
    assert cluster.pods.queued[0] == 70
    bind(cluster, 0, "a")
    assert cluster.pods.phase[0] == PENDING
    cluster.update(PodStarted(0))
    assert cluster.pods.phase[0] == RUNNING


def test_usage_is_what_the_running_pods_use_now() -> None:
    cluster = Cluster([node("a")], [pod("p", on="a"), pod("q", on="a")])
    cluster.update(UsageSampled(0, 250.0, 3.0 * GIB))
    cluster.update(UsageSampled(1, 50.0, 1.0 * GIB))
    assert column(cluster, "cpu", "usage") == {"a": 300}
    cluster.update(UsageSampled(0, 100.0, 2.0 * GIB))
    assert column(cluster, "cpu", "usage") == {"a": 150}
    assert column(cluster, "memory", "usage") == {"a": 3 * GIB}
    evict(cluster, 1)
    assert column(cluster, "memory", "usage") == {"a": 2 * GIB}
    cluster.update(PodEnded(0, succeeded=True))
    assert column(cluster, "cpu", "usage") == {"a": 0}
    check(cluster)


def test_a_sample_of_a_pod_that_left_its_node_counts_nowhere() -> None:
    cluster = Cluster([node("a"), node("b")], [pod("p", on="a")])
    evict(cluster, 0)
    cluster.update(UsageSampled(0, 250.0, 3.0))
    assert column(cluster, "cpu", "usage") == {"a": 0, "b": 0}
    bind(cluster, 0, "b")
    check(cluster)


def test_a_resource_met_later_gets_a_row_of_zeros() -> None:
    cluster = three()
    (row,) = cluster.add_pods([pod("g", gpus=2, limits={"example.com/foo": 3})])
    assert list(cluster.nodes.resources)[4:] == ["example.com/foo", GPU]
    assert column(cluster, GPU, "allocatable") == {"a": 0, "b": 0, "c": 0}
    cluster.update(NodeAdded(node("d", gpus=8)))
    bind(cluster, row, "d")
    assert column(cluster, GPU) == {"a": 0, "b": 0, "c": 0, "d": 2}
    assert column(cluster, "example.com/foo", "limits") == {"a": 0, "b": 0, "c": 0, "d": 3}
    check(cluster)


def test_the_node_last_bound_to_is_remembered_by_rank() -> None:
    cluster = three()
    view = ClusterView(cluster)
    assert view.last_bound == 2
    cluster.update(NodeRemoved("a"))
    (row,) = cluster.add_pods([pod("p")])
    bind(cluster, row, "b")
    assert view.last_bound == 1
    assert Cluster([node("a")]).last_bound == -1
