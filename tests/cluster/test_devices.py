"""Devices: what bindings name is held until the pod leaves, whatever becomes of the node."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tiny import GPU, binding, evict, eviction, node, pod, refusals, says

from schedlab import Cluster, ClusterView, Plan, PluginError, filter
from schedlab.cluster import Binding
from schedlab.cluster.devices import holding
from schedlab.cluster.facts import NodeRemoved, NodeUpdated, PodEnded
from schedlab.cluster.invariants import InvariantError, check
from schedlab.scheduling.cycle import cycle
from schedlab.scoring import Evaluator, Profile

MILLI = f"{GPU}-milli"
SHARED = {GPU: 2, MILLI: 2000}


def bind(cluster: Cluster, row: int, name: str, *devices: tuple[int, int]) -> list[str]:
    outcome = cluster.apply(Plan(((binding(cluster, row, name)._replace(devices=devices),),)))
    check(cluster)
    return refusals(outcome)


def made(*names: str, pods: int = 3, **more: Any) -> Cluster:
    cluster = Cluster([node(name, **more) for name in names])
    cluster.add_pods([pod(f"p{i}") for i in range(pods)])
    return cluster


def test_there_are_no_rows_until_somebody_speaks_of_devices() -> None:
    cluster = made("a", "b")
    view = ClusterView(cluster)
    assert view.nodes().devices.shape == (0, 2)
    assert bind(cluster, 0, "b") == []
    assert view.nodes().devices.shape == (0, 2)
    epoch = cluster.log.epoch
    assert bind(cluster, 1, "a", (2, 300)) == []
    assert cluster.log.epoch == epoch + 1  # rows mean something else now
    assert view.nodes().devices.tolist() == [[0, 0], [0, 0], [300, 0]]
    assert bind(cluster, 2, "b", (2, 1000), (0, 1)) == []
    assert cluster.log.epoch == epoch + 1
    assert view.nodes().devices.tolist() == [[0, 1], [0, 0], [300, 1000]]
    assert (view.devices(0), view.devices(2)) == ((), ((2, 1000), (0, 1)))


@pytest.mark.parametrize(
    ("more", "rows"), [({GPU: 2}, 0), (SHARED, 2), ({GPU: 4, MILLI: 4000, "x": 9}, 4), ({GPU: 2**40, MILLI: 1}, 64)]
)
def test_nodes_that_share_devices_have_rows_for_them(more: dict[str, int], rows: int) -> None:
    cluster = Cluster([node("a", more=more)])
    assert cluster.nodes.devices.shape == (rows, 1)
    cluster = Cluster([node("b")])
    cluster.update(NodeUpdated(node("b", more=more)))
    assert cluster.nodes.devices.shape == (rows, 1)


def test_devices_come_free_with_the_pod_and_stay_with_the_node_that_moves() -> None:
    cluster = made("a", "b", "c", pods=4, more=SHARED)
    for row, name in enumerate("abcc"):
        assert bind(cluster, row, name, (row % 2, 100 * (row + 1))) == []
    assert cluster.nodes.devices.tolist() == [[100, 0, 300], [0, 200, 400]]
    evict(cluster, 2)
    check(cluster)
    assert cluster.nodes.devices.tolist() == [[100, 0, 0], [0, 200, 400]]
    cluster.update(NodeRemoved("a"))
    check(cluster)
    assert cluster.nodes.devices.tolist() == [[0, 0], [400, 200]]  # c moved into a's place
    cluster.update(PodEnded(3, succeeded=True))
    check(cluster)
    assert cluster.nodes.devices.tolist() == [[0, 0], [0, 200]]
    assert bind(cluster, 0, "c", (1, 50)) == []
    assert cluster.nodes.devices.tolist() == [[0, 0], [50, 200]]


def test_strict_refuses_more_than_a_device_has_and_counts_what_is_evicted_with_it() -> None:
    cluster = Cluster([node("a")], strict=True)
    cluster.add_pods([pod("p"), pod("q"), pod("r")])
    assert bind(cluster, 0, "a", (0, 600)) == []
    assert bind(cluster, 1, "a", (0, 500)) == ["device 0 of node a is full"]
    assert bind(cluster, 1, "a", (0, 400)) == []
    swap = tuple((evicted, binding(cluster, 2, "a")._replace(devices=((0, 500),))) for evicted in evictions(cluster))
    assert [bool(cluster.apply(Plan((group,))).applied) for group in (swap[1], swap[0])] == [False, True]
    check(cluster)
    assert cluster.nodes.devices.tolist() == [[900]]


def evictions(cluster: Cluster) -> list[Any]:
    return [eviction(cluster, 0), eviction(cluster, 1)]


@pytest.mark.parametrize(
    ("devices", "problem"),
    [
        (((-1, 5),), "there is no device -1; devices are 0..63"),
        (((64, 5),), "there is no device 64; devices are 0..63"),
        (((0, 0),), "device 0 is to give 0 milli; it has 1..1000"),
        (((3, 1001),), "device 3 is to give 1001 milli; it has 1..1000"),
        (((3, 1), (3, 2)), "a device is named twice"),
    ],
)
def test_an_impossible_holding_is_refused(devices: Any, problem: str) -> None:
    cluster = made("a")
    assert bind(cluster, 0, "a", *devices) == [problem]
    with says(ValueError, problem):
        holding(devices)
    assert cluster.nodes.devices.shape == (0, 1)


@pytest.mark.parametrize("given", [5, [3], [(1, 2, 3)], [("a", 5)], [(1, 0.5)], [(0.0, 5)], None])
def test_what_is_no_holding_is_named(given: Any) -> None:
    with says(ValueError, f"{given!r} is no sequence of (device, milli)"):
        holding(given)


def test_numbers_of_arrays_are_numbers() -> None:
    assert holding([(np.int64(2), np.float64(250.0))]) == ((2, 250),)


def test_invariants_notice_devices_that_nobody_holds() -> None:
    cluster = made("a")
    bind(cluster, 0, "a", (1, 300))
    cluster.nodes.devices[0, 0] += 1
    with says(InvariantError, "devices 0 of node a is 1, its pods add up to 0"):
        check(cluster)


class Fixed:
    """Gives what it is told."""

    def __init__(self, given: Any) -> None:
        self.given = given

    @filter
    def filter(self, pod: Any, nodes: Any) -> Any:
        return nodes.uid == 1

    def assign(self, pod: Any, node: Any) -> Any:
        assert (len(node), node.uid.tolist(), node.allocatable["cpu"].tolist()) == (1, [1], [4000])
        assert node.count({}).tolist() == [1]
        return self.given


def test_assign_sees_the_chosen_node_alone_and_its_faults_have_a_name() -> None:
    cluster = made("a", "b")
    bind(cluster, 0, "b")
    evaluators = [Evaluator(Profile.of(Fixed(given)), ClusterView(cluster)) for given in ([(1, 5)], [(1, 5000)])]
    assert cycle(1, evaluators[0]) == Plan(((Binding(1, 0, 1, 0, ((1, 5),)),),))
    with pytest.raises(PluginError, match=r"plug-in Fixed, pod p1.*device 1 is to give 5000 milli"):
        cycle(1, evaluators[1])
