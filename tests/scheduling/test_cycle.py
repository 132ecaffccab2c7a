"""One cycle: from a pending pod to a plan."""

from typing import Any

from tiny import node, pod

from schedlab import Cluster, ClusterView, Plan, Profile, filter
from schedlab.cluster import Binding
from schedlab.cluster.facts import NodeCordoned, NodeRemoved
from schedlab.scheduling.cycle import cycle
from schedlab.scoring import Evaluator


def planned(cluster: Cluster, row: int, rule: Any = "best_fit") -> Plan:
    return cycle(row, Evaluator(Profile.of(rule), ClusterView(cluster)))


def test_the_plan_binds_the_attempt_to_the_node_as_it_was_read() -> None:
    cluster = Cluster([node("x"), node("a", 1000), node("b", 500)])
    cluster.update(NodeRemoved("x"))
    cluster.update(NodeCordoned("a", unschedulable=True))
    cluster.update(NodeCordoned("a", unschedulable=False))
    rows = cluster.add_pods([pod("p", 800), pod("q", 400)])
    cluster.pods.attempt[rows[0]] = 3
    assert planned(cluster, rows[0]) == Plan(((Binding(pod=0, attempt=3, node=1, generation=2),),))
    assert planned(cluster, rows[1]) == Plan(((Binding(pod=1, attempt=0, node=2, generation=0),),))


def test_a_plan_changes_nothing_until_it_is_applied() -> None:
    cluster = Cluster([node("a")])
    (row,) = cluster.add_pods([pod("p", 800)])
    assert planned(cluster, row) == planned(cluster, row)
    assert cluster.pods.node[row] == -1
    assert cluster.nodes.used.sum() == 0


def test_a_pod_that_fits_nowhere_is_told_why() -> None:
    cluster = Cluster([node("a", 100), node("b", pods=0), node("c", cordoned=True), node("d", 100)])
    (row,) = cluster.add_pods([pod("p", 800)])
    text = "0/4 nodes are available: 1 Too many pods, 1 node(s) were unschedulable, 2 Insufficient cpu."
    assert planned(cluster, row) == Plan(unschedulable=((0, text),))


def test_without_nodes_there_is_nothing_to_count() -> None:
    cluster = Cluster()
    (row,) = cluster.add_pods([pod("p")])
    assert planned(cluster, row) == Plan(unschedulable=((0, "no nodes available to schedule pods"),))


class Devices:
    """Hands out devices on the chosen node."""

    @filter
    def filter(self, pod: Any, nodes: Any) -> Any:
        return nodes.uid != 0

    def assign(self, pod: Any, node: Any) -> Any:
        return [(int(node.uid[0]), 500), (10 + pod.id, 1000)]


def test_what_a_filter_assigns_goes_into_the_binding() -> None:
    cluster = Cluster([node("a"), node("b"), node("c")])
    cluster.add_pods([pod("o")])
    (row,) = cluster.add_pods([pod("p")])
    assert planned(cluster, row, Devices()) == Plan(
        ((Binding(1, 0, node=1, generation=0, devices=((1, 500), (11, 1000))),),)
    )
