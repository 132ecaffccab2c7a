"""Capacities: what a node's columns hold, and which nodes are refused."""

from tiny import GPU, node, says

from schedlab import Cluster, InputError
from schedlab.objects import Node, NodeStatus, ObjectMeta, Quantity


def test_amounts_are_millicores_and_units_rounded_up() -> None:
    texts = {"cpu": "1500u", "memory": "100m", "ephemeral-storage": "1Ki", "pods": "7", GPU: "2"}
    allocatable = {name: Quantity.parse(text) for name, text in texts.items()}
    cluster = Cluster([Node(metadata=ObjectMeta(name="a"), status=NodeStatus(allocatable=allocatable))])
    assert cluster.nodes.allocatable[:, 0].tolist() == [2, 1, 1024, 7, 2]
    assert list(cluster.nodes.resources) == ["cpu", "memory", "ephemeral-storage", "pods", GPU]


def test_a_node_without_allocatable_offers_its_capacity() -> None:
    cluster = Cluster([Node(metadata=ObjectMeta(name="a"), status=NodeStatus(capacity={"cpu": Quantity.parse("2")}))])
    assert cluster.nodes.allocatable[:, 0].tolist() == [2000, 0, 0, 0]


def test_a_capacity_of_2_to_the_46_is_taken_and_one_more_refused() -> None:
    assert Cluster([node("a", memory=2**46)]).nodes.allocatable[1, 0] == 2**46
    text = "field node huge: allocatable memory is 70368744177665; write a capacity between 0 and 2^46"
    with says(InputError, text):
        Cluster([node("small"), node("huge", memory=2**46 + 1)])


def test_a_negative_capacity_is_refused() -> None:
    with says(InputError, "field node a: allocatable cpu is -1; write a capacity between 0 and 2^46"):
        Cluster([node("a", cpu=-1)])


def test_labels_are_codes() -> None:
    cluster = Cluster([node("a", labels={"disk": "ssd"}), node("b"), node("c", labels={"disk": "hdd"})])
    assert cluster.nodes.codes("disk").tolist() == [0, -1, 1]
    assert (cluster.nodes.code("disk", "hdd"), cluster.nodes.code("disk", "tape")) == (1, -2)
    assert cluster.nodes.codes("kubernetes.io/hostname").tolist() == [-1, -1, -1]  # not told by the name


def test_a_labels_codes_stay_as_nodes_come_and_go() -> None:
    cluster = Cluster([node("a", labels={"disk": "ssd"}), node("b", labels={"disk": "hdd"})])
    assert cluster.nodes.codes("disk").tolist() == [0, 1]
    cluster.nodes.remove(0)
    cluster.nodes.add([node("c", labels={"disk": "nvme"})])
    assert cluster.nodes.codes("disk").tolist() == [1, 2]
    assert cluster.nodes.code("disk", "ssd") == 0
